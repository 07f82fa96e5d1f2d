

def validate_$field($field: Optional[str]) -> bool:
    """Return whether this can be the $field of a $format."""
    return _PAIR$suffix.validate_field($field)
