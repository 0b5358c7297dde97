"""The schemas of docs/schema, and what a document has against one."""

import json

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match
from referencing import Registry, Resource

# Schemas of single lines: a file of them has one document a line.
LINES = {"archive-line", "catalogue-line", "ledger-line", "journal-line", "dataset-line"}


def unique(pairs):
    """An object without a key given twice."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is given twice")
    return result


def parse(text):
    return json.loads(text, object_pairs_hook=unique)


class Schemas:
    def __init__(self, directory):
        self.schemas = {
            path.name.removesuffix(".schema.json"): parse(path.read_text())
            for path in sorted(directory.glob("*.schema.json"))
        }
        self.names = set(self.schemas)
        self.used = set()
        self.seen_types = set()
        self.record_types = set(self.schemas["journal-line"]["$defs"])
        registry = Registry().with_resources(
            (schema["$id"], Resource.from_contents(schema)) for schema in self.schemas.values())
        self.validators = {
            name: Draft202012Validator(schema, registry=registry)
            for name, schema in self.schemas.items()
        }

    def invalid(self, name):
        """What is wrong with a schema itself, or None."""
        try:
            Draft202012Validator.check_schema(self.schemas[name])
            return None
        except SchemaError as error:
            return error.message

    def problem(self, name, document):
        """What a document has against a schema, or None."""
        self.used.add(name)
        if name == "journal-line" and isinstance(document, dict):
            self.seen_types.add(document.get("type"))
        error = best_match(self.validators[name].iter_errors(document))
        return f"{error.json_path}: {error.message[:200]}" if error else None

    def text(self, name, text):
        """The same for a document's text, or for lines of documents."""
        if name == "manifest-lines":
            first, _, rest = text.partition("\n")
            return self.text("dataset-header", first) or self.text("dataset-line", rest)
        documents = text.splitlines() if name in LINES else [text]
        for number, line in enumerate(documents, 1):
            try:
                problem = self.problem(name, parse(line))
            except ValueError as error:
                problem = f"not JSON: {error}"
            if problem:
                return f"line {number}: {problem}" if name in LINES else problem
        return None
