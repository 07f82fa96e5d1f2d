

def generate_$context_context_ids(**values: str) -> Tuple[str, ...]:
    """Return new identifiers: $formats."""
    return generate_context("$context", **values)


def create_$context_context(**values: str) -> Dict[str, str]:
    """Return the given values and new identifiers by name: $formats."""
    return create_context("$context", **values)
