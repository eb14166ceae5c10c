"""What may go wrong around the engine, and where it is tried.

Process: killed before and after its claim, its intent, its call, its reference, its files, its commit (`test_crash_points`);
killed by chance, all of them together (`test_workers`, `test_everything_killed`, the soak); told to stop in the middle
(`test_workers`); standing still for longer than its lease, by a signal or by native code that holds the interpreter
(`test_paused_workers`, `test_workers`); a photo that kills every worker (`test_crash_points`).

Broker: away at the submit, wiped, restored as it was long ago, messages twice, out of order, for unknown jobs and of older
versions (`test_town_trouble`, `test_workers`); a message that a living worker never gets (`processing/test_dispatch`).

Database: restarted in the middle (`test_everything_killed`), deadlocks, two sweeps at once, clocks that are wrong by minutes
(`test_town_trouble`, `config/test_schedule`).

Storage: a full disk (`test_town_trouble`), a bucket that refuses (`catalog/test_storage`, `processing/test_on_bucket`),
files that expire while a later step needs them (`processing/test_engine`).

Provider: 429 with and without a time, bursts of 5xx, calls that never end, lines cut before and after the accept, results that
are truncated, empty, of another type or gone, drift, refusals (`test_town_trouble`, `processing/test_hosted`,
`processing/providers/`), answers that only drip (`processing/providers/test_capabilities`), webhooks before the answer, twice,
late, forged or never (`processing/providers/test_hooks`).

Use: cancelled while queued, running, asking, waiting, or after its end (`processing/test_engine`, `processing/test_cancelled_calls`);
one key twice at once or with another body (`accounts/test_idempotency`); one owner's flood beside another's few photos
(`processing/test_dispatch`, `test_workers`); ten thousand items in one request (`processing/test_manifest_lines`).

After each: `ledger.check` and `ledger.check_money`.
"""
