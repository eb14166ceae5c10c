"""Lines of the log: for people, or one JSON object each for machines. What a request caused names the request's id."""

import json
import logging
import time


class LineFormatter(logging.Formatter):
    """2026-01-31 12:00:00,000 ERROR django.request Internal Server Error: /batches/1 request=4f0c…"""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        named = request_id(record)
        return f"{line} request={named}" if named else line


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{record.msecs:03.0f}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if named := request_id(record):
            line["request"] = named
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def request_id(record: logging.LogRecord) -> str:
    """Empty for what no request caused. Django hangs the request on the records of its own errors."""
    return str(getattr(getattr(record, "request", None), "id", ""))
