"""Asks the official models of the Universal Commerce Protocol (ucp-sdk) about checkouts.

    checkout.py members            the members that each model knows, by the place it stands at
    checkout.py validate           [checkout, ...] on stdin -> [null or why it is refused, ...]
    checkout.py canonical          a checkout on stdin -> its canonical form without `ap2` (RFC 8785)

Standard output is JSON, except for `canonical`, which writes the exact bytes.
"""

import importlib.metadata
import json
import sys

import rfc8785
from pydantic import ValidationError
from ucp_sdk.models.schemas import capability, payment_handler, ucp
from ucp_sdk.models.schemas.common.payment_ap2_mandate import Checkout
from ucp_sdk.models.schemas.common.types import link, totals
from ucp_sdk.models.schemas.common.types.total import Total
from ucp_sdk.models.schemas.shopping.types import item, line_item

# 0.5.0 has the models of the release 2026-08-25.
assert importlib.metadata.version("ucp-sdk") == "0.5.0"

MODELS = {
    "": Checkout,
    "/line_items/0": line_item.LineItem,
    "/line_items/0/item": item.Item,
    "/line_items/0/totals/0": Total,
    "/links/0": link.Link,
    "/totals/0": totals.Total,
    "/ucp": ucp.ResponseCheckoutSchema,
    "/ucp/capabilities/*/0": capability.ResponseSchema,
    "/ucp/payment_handlers/*/0": payment_handler.ResponseSchema,
}


def members():
    return {
        place: {field.alias or name: field.is_required() for name, field in model.model_fields.items()}
        for place, model in MODELS.items()
    }


def refusal(checkout):
    """Why the models refuse it, or None."""
    try:
        read = Checkout.model_validate_json(json.dumps(checkout), strict=True)
        # The model of a checkout takes any kind of `ucp` header: the one of a checkout is asked for itself.
        ucp.ResponseCheckoutSchema.model_validate_json(json.dumps(checkout["ucp"]), strict=True)
    except ValidationError as why:
        first = why.errors()[0]
        return "/".join(str(part) for part in first["loc"]) + ": " + first["msg"]
    # What the models do not know stays what it was.
    extra = read.model_extra or {}
    known = Checkout.model_fields
    lost = [name for name in checkout if name not in known and extra.get(name) != checkout[name]]
    return f"lost: {lost}" if lost else None


def backwards(value):
    """The same value with its members in another order."""
    if isinstance(value, dict):
        return {name: backwards(value[name]) for name in reversed(list(value))}
    if isinstance(value, list):
        return [backwards(part) for part in value]
    return value


def main(command):
    if command == "members":
        json.dump(members(), sys.stdout)
    elif command == "validate":
        json.dump([refusal(checkout) for checkout in json.load(sys.stdin)], sys.stdout)
    elif command == "canonical":
        checkout = backwards(json.load(sys.stdin))
        checkout.pop("ap2", None)
        sys.stdout.buffer.write(rfc8785.dumps(checkout))
    else:
        sys.exit(f"unknown command {command}")


main(*sys.argv[1:])
