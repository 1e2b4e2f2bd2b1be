#!/usr/bin/env python3
"""Cuts the WorkOS API description down to what the emulator's tests check answers against.

Usage: slice.py open-api-spec.yaml > workos-openapi.json   (needs python3-yaml; references resolved)
"""
import json
import sys

import yaml

FAMILIES = (
    "/authorization/roles",
    "/authorization/organizations",
    "/authorization/permissions",
    "/user_management/organization_memberships",
    "/user_management/users",
    "/user_management/invitations",
    "/organizations",
    "/events",
    "/webhook_endpoints",
)
LEFT_OUT = ("/user_management/organization_memberships/{omId}/groups", "/webhook_endpoints/{id}")
ONLY_READ = ("/webhook_endpoints",)
WORDS = ("description", "example", "examples", "title", "summary")


def without_words(node, names_are_data=False):
    """Drops prose and examples; a property may be called "description" and stays."""
    if isinstance(node, list):
        return [without_words(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_words(value, key in ("properties", "responses"))
        for key, value in node.items()
        if names_are_data or key not in WORDS
    }


def main():
    spec = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
    paths = {}
    for path, operations in spec["paths"].items():
        if not path.startswith(FAMILIES) or path in LEFT_OUT:
            continue
        paths[path] = {
            method: {"responses": without_words(operation["responses"], True)}
            for method, operation in operations.items()
            if "responses" in operation and (method == "get" or path not in ONLY_READ)
        }
    document = {
        "openapi": spec["openapi"],
        "info": spec["info"],
        "paths": paths,
        "x-all-event-types": spec["x-all-event-types"],
        "x-relevant-event-schemas": without_words(spec["x-relevant-event-schemas"]),
    }
    json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
