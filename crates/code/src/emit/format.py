

def generate_$format($typed) -> str:
    """Return a new $format."""
    return FORMATS["$format"].generate({$values})


def batch_$format(count: int$also) -> List[str]:
    """Return new identifiers of the format $format that have one time in common."""
    return FORMATS["$format"].batch(count, {$values})


def parse_$format(identifier: Optional[str]) -> Optional[Tuple[str, ...]]:
    """Return the values of the parts: $parts."""
    return FORMATS["$format"].parse(identifier)


def validate_$format(identifier: Optional[str], prefix: Optional[str] = None) -> bool:
    """Return whether this is a valid $format."""
    return FORMATS["$format"].is_valid(identifier, prefix)
