from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from processing.providers.loopback.server import environment, serve


class Command(BaseCommand):
    help = (
        "Run Replicate, Firefly and Gemini on this machine, without a key: they follow the documented shapes, make simple "
        "pictures, cost nothing, and fail on demand (POST /__plan, GET /__log)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8799, help="port on 127.0.0.1 (default: 8799; 0 takes a free one)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            server, _ = serve(options["port"])
        except OSError as error:
            raise CommandError(f"Port {options['port']} cannot be used: {error.strerror}. Choose another.") from error
        base = f"http://127.0.0.1:{server.server_address[1]}"
        self.stdout.write("Set these where Firstpass is started:")
        for name, value in environment(base).items():
            self.stdout.write(f"export {name}={value}")
        self.stdout.write(f"Then use replicate, firefly or gemini in a recipe. Running at {base}; Ctrl-C ends it.")
        self.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("Ended.")
        finally:
            server.server_close()
