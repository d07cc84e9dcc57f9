"""Columns that hold nothing personal, though their names or values come near: what a finding must keep away from."""

import random
import string
import uuid
from collections.abc import Callable, Iterator

from benchmarks.labelled_columns.column import BIGINT, DOUBLE, LabelledColumn, labelled

_PLACES = ("Oslo", "Paris", "Berlin", "Milano", "Havana", "Sydney", "Malmö", "Bergen", "Florence", "Austin", "Verona")
_NOUNS = ("Chair", "Sofa", "Table", "Lamp", "Shelf", "Desk", "Stool", "Bench", "Mirror", "Rug", "Cabinet", "Bed")
_MATERIALS = ("Oak", "Steel", "Cotton", "Wool", "Glass", "Leather", "Linen", "Marble", "Bamboo", "Walnut")
_COLOURS = ("Red", "Dark Green", "Navy", "Ivory", "Amber", "Violet", "Olive", "Coral", "Teal", "Black", "Jade", "Rose")
_WORDS = (
    "soft",
    "light",
    "strong",
    "fresh",
    "modern",
    "classic",
    "compact",
    "durable",
    "handy",
    "quiet",
    "robust",
    "elegant",
    "simple",
    "smart",
    "safe",
    "warm",
    "cool",
    "washable",
    "portable",
    "foldable",
    "design",
    "quality",
    "finish",
    "surface",
    "cover",
    "frame",
    "handle",
    "for",
    "with",
    "and",
    "the",
    "every",
    "home",
    "garden",
)


def things(
    chance: random.Random, meaningless: Callable[[str], str], *, styles: tuple[str, ...]
) -> Iterator[LabelledColumn]:
    """Each maker under a telling name and under a meaningless one, and misleading names with values that are not.

    Args:
        styles: 'plain', 'other' or 'third': which of the sets of telling names, forms and misleading names.
    """
    for style in styles:
        makers = _third_makers(chance) if style == "third" else _makers(chance, other=style == "other")
        for name, make in makers.items():
            yield labelled(None, name, make, table="products" if style == "plain" else "Artikelstamm")
            yield labelled(None, meaningless(name), make)
        yield from _misleading(chance, style)


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(string.digits, k=count))


def _capitals(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(string.ascii_uppercase, k=count))


def _makers(chance: random.Random, *, other: bool) -> dict[str, Callable[[], object]]:
    counter = iter(range(100_000, 10_000_000))
    pick = chance.choice
    if not other:
        return {
            "sku": lambda: f"{_capitals(chance, 3)}-{_digits(chance, 5)}",
            "product_code": lambda: f"{_digits(chance, 3)}-{_capitals(chance, 2)}-{_digits(chance, 4)}",
            "order_number": lambda: f"ORD-{next(counter)}",
            "order_no": lambda: str(next(counter)),
            "invoice_number": lambda: f"2024-{_digits(chance, 6)}",
            "version": lambda: f"{chance.randint(0, 9)}.{chance.randint(0, 40)}.{chance.randint(0, 9)}",
            "price": lambda: f"{chance.uniform(1, 900):.2f}",
            "created_at": lambda: (
                f"2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02} {chance.randint(0, 23):02}:15:00"
            ),
            "status": lambda: pick(["active", "pending", "closed", "on hold", "cancelled"]),
            "product_name": lambda: f"{pick(_PLACES)} {pick(_NOUNS)} {pick(_MATERIALS)}",
            "color": lambda: pick(_COLOURS),
            "ean": lambda: _digits(chance, 13),
            "isbn": lambda: "978" + _digits(chance, 10),
            "checksum": lambda: f"{chance.getrandbits(256):064x}",
            "external_id": lambda: str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "file_name": lambda: f"{pick(_WORDS)}_{_digits(chance, 4)}.pdf",
            "description": lambda: " ".join(chance.choices(_WORDS, k=9)).capitalize() + ".",
            "currency": lambda: pick(["EUR", "USD", "GBP", "JPY"]),
            "duration": lambda: f"{chance.randint(0, 9)}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}",
            "size": lambda: f"{chance.randint(10, 90)}x{chance.randint(10, 90)} cm",
        }
    return {
        "ArtNr": lambda: f"{_capitals(chance, 1)}{_digits(chance, 3)}.{_digits(chance, 3)}.{_digits(chance, 2)}",
        "Seriennummer": lambda: f"SN{_digits(chance, 4)}{_capitals(chance, 4)}{_digits(chance, 4)}",
        "numPedido": lambda: f"P{chance.randint(10**7, 10**8)}",
        "Auftragsnr": lambda: str(chance.randint(10**8, 10**9)),
        "trackingNumber": lambda: f"1Z{_capitals(chance, 3)}{_digits(chance, 12)}",
        "firmwareVersion": lambda: f"v{chance.randint(1, 5)}.{chance.randint(0, 9)}-rc{chance.randint(1, 4)}",
        "Betrag": lambda: f"{chance.randint(1, 999)},{chance.randint(0, 99):02} €",
        "lastModified": lambda: f"{chance.randint(1, 28):02}.{chance.randint(1, 12):02}.2023",
        "Zustand": lambda: pick(["OFFEN", "IN_ARBEIT", "ERLEDIGT", "ABGELEHNT"]),
        "Bezeichnung": lambda: f"{pick(_NOUNS)} {pick(_PLACES)} {chance.randint(1, 20)}",
        "Farbe": lambda: pick(["Rot", "Grün", "Blau", "Schwarz", "Weiß", "Gelb", "Braun", "Grau", "Rosa", "Lila", "Gold"]),
        "gtin14": lambda: "0" + _digits(chance, 13),
        "batchLot": lambda: f"L{_digits(chance, 2)}{_capitals(chance, 1)}{_digits(chance, 3)}",
        "etag": lambda: f"{chance.getrandbits(128):032x}",
        "correlationId": lambda: str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "filePath": lambda: f"/srv/{pick(_WORDS)}/{pick(_WORDS)}/{_digits(chance, 3)}.csv",
        "Produkttext": lambda: f"{pick(_MATERIALS)} {pick(_WORDS)} {pick(_WORDS)} mit {pick(_NOUNS)} aus {pick(_MATERIALS)}",
        "Einheit": lambda: pick(["kg", "m", "Stück", "l", "Paar"]),
        "chapter": lambda: f"{chance.randint(1, 30)}.{chance.randint(1, 20)}",
        "shelf": lambda: f"{pick('ABCDEFG')}-{chance.randint(1, 30):02}-{chance.randint(1, 9)}",
    }  # fmt: skip


def _third_makers(chance: random.Random) -> dict[str, Callable[[], object]]:
    pick = chance.choice
    return {
        "codigo_articulo": lambda: f"{_digits(chance, 2)}.{_digits(chance, 3)}.{_digits(chance, 4)}",
        "part_number": lambda: f"{_digits(chance, 4)}-{_digits(chance, 3)}-{_digits(chance, 3)}",
        "order_ref": lambda: f"{chance.getrandbits(40):010X}",
        "numero_commande": lambda: f"CMD{chance.randint(10**5, 10**6)}/{chance.randint(20, 24)}",
        "ticket_id": lambda: f"#{chance.randint(10**4, 10**6)}",
        "epoch": lambda: str(chance.randint(1_600_000_000, 1_750_000_000)),
        "semver": lambda: f"{chance.randint(0, 9)}.{chance.randint(0, 30)}.{chance.randint(0, 30)}.{chance.randint(0, 999)}",
        "precio": lambda: f"$ {chance.randint(1, 9)},{_digits(chance, 3)}.{_digits(chance, 2)}",
        "time_range": lambda: f"{chance.randint(0, 11):02}:00-{chance.randint(12, 23):02}:30",
        "workflow_state": lambda: pick(["DRAFT", "IN REVIEW", "APPROVED", "REJECTED", "ARCHIVED"]),
        "titulo_producto": lambda: f"{pick(_COLOURS)} {pick(_MATERIALS)} {pick(_NOUNS)}",
        "palette": lambda: f"#{chance.getrandbits(24):06x}",
        "ratio": lambda: f"{chance.uniform(0, 100):.1f} %",
        "dimensions": lambda: f"{chance.randint(1, 99)} x {chance.randint(1, 99)} x {chance.randint(1, 99)} mm",
        "git_commit": lambda: f"{chance.getrandbits(160):040x}",
        "mime_type": lambda: pick(["image/png", "text/html", "application/pdf", "video/mp4"]),
        "model_code": lambda: f"{pick(_NOUNS)} {_capitals(chance, 2)}{chance.randint(100, 900)}",
        "cron": lambda: f"{chance.randint(0, 59)} {chance.randint(0, 23)} * * {chance.randint(0, 6)}",
        "log_message": lambda: f"job {pick(_WORDS)} finished in {chance.randint(1, 900)} ms with {pick(_WORDS)} {pick(_WORDS)}",
        "room": lambda: f"{pick('ABC')}{chance.randint(1, 5)}.{chance.randint(10, 90)}",
    }  # fmt: skip


def _misleading(chance: random.Random, style: str) -> Iterator[LabelledColumn]:
    """Names in which a word of personal data stands, of columns that hold none."""
    if style == "third":
        yield labelled(None, "mail_queue_length", lambda: chance.randint(0, 90), data_type=BIGINT, table="metrics")
        yield labelled(None, "last_name_changed", lambda: chance.choice(["yes", "no"]), table="audits")
        yield labelled(None, "phone_model", lambda: chance.choice(["X12", "Pixel 8", "S24"]), table="devices")
        yield labelled(None, "street_count", lambda: chance.randint(1, 90), data_type=BIGINT, table="geo_stats")
        yield labelled(None, "password_changes", lambda: chance.randint(0, 9), data_type=BIGINT, table="audits")
        yield labelled(None, "card_type", lambda: chance.choice(["visa", "amex"]), table="payments")
        yield labelled(
            None, "titulo", lambda: f"{chance.choice(_MATERIALS)} {chance.choice(_WORDS)}", table="articulos"
        )
        yield labelled(None, "altitude", lambda: chance.uniform(0, 3000), data_type=DOUBLE, table="meters")
        return
    if style == "plain":
        yield labelled(None, "email_count", lambda: chance.randint(0, 90), data_type=BIGINT, table="stats")
        yield labelled(None, "phone_type", lambda: chance.choice(["mobile", "home", "work"]), table="customers")
        yield labelled(None, "address_id", lambda: chance.randint(1, 9999), data_type=BIGINT, table="orders")
        yield labelled(None, "name_length", lambda: chance.randint(1, 40), data_type=BIGINT, table="stats")
        yield labelled(None, "email_status", lambda: chance.choice(["sent", "bounced"]), table="mails")
        yield labelled(None, "quantity", lambda: chance.randint(1, 99), data_type=BIGINT, table="orders")
        yield labelled(None, "weight", lambda: chance.uniform(0, 90), data_type=DOUBLE, table="products")
        yield labelled(None, "id", lambda: chance.randint(10**8, 10**9), data_type=BIGINT, table="orders")
        yield labelled(None, "name", lambda: f"{chance.choice(_MATERIALS)} {chance.choice(_NOUNS)}", table="products")
        return
    yield labelled(None, "mailTemplate", lambda: chance.choice(["welcome", "reminder", "receipt"]), table="Mailing")
    yield labelled(None, "ipVersion", lambda: chance.choice([4, 6]), data_type=BIGINT, table="Hosts")
    yield labelled(None, "addressType", lambda: chance.choice(["billing", "shipping"]), table="Kunden")
    yield labelled(None, "userAgentFamily", lambda: chance.choice(["Firefox", "Chrome"]), table="Visits")
    yield labelled(None, "phoneCallsTotal", lambda: chance.randint(0, 50), data_type=BIGINT, table="Stats")
    yield labelled(None, "tokenCount", lambda: chance.randint(0, 5000), data_type=BIGINT, table="Prompts")
    yield labelled(None, "cityPopulation", lambda: chance.randint(10**4, 10**7), data_type=BIGINT, table="Geo")
    yield labelled(None, "temperature", lambda: chance.uniform(-20, 40), data_type=DOUBLE, table="Sensors")
    yield labelled(None, "kundenNr", lambda: chance.randint(10**5, 10**6), data_type=BIGINT, table="Kunden")
