// What the scripts say, in the language of the page. English stands in the code and is the key of the table that a page in another
// language brings along (the tag script_words); where it has no entry, English is said. {name} is a place for a value.
const table = JSON.parse(document.getElementById("words")?.textContent || "{}");
const spoken = document.documentElement.lang || "en";
// As this reader writes it: English dates differ between Britain and America.
export const language = navigator.languages.find((one) => one.startsWith(spoken)) ?? spoken;
const forms = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);

const put = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (place, name) => {
    const value = values[name];
    return typeof value === "number" ? numbers.format(value) : value ?? place;
  });

// t("{n} of {all}", { n: 3, all: 12 })
export const t = (text, values = {}) => put(table[text] ?? text, values);

// plural(2, "{n} file", "{n} files"): in the table the first is the key of the sentences by what Intl.PluralRules calls the number.
export function plural(n, one, other, values = {}) {
  const known = table[one] ?? { one, other };
  return put(known[forms.select(n)] ?? known.other, { n, ...values });
}
