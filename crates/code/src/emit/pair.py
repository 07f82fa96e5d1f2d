

_PAIR$suffix = PairRule("$format", "$field")


def extract_$field$suffix($format: Optional[str]) -> Optional[str]:
    """Return the $field of a $format."""
    return _PAIR$suffix.extract($format)


def extract_$field_with_fallback$suffix(
    $format: Optional[str] = None, $field: Optional[str] = None, chat_$field: Optional[str] = None
) -> Optional[str]:
    """Return the $field of the $format, or else the one that is given, or else the legacy one."""
    return _PAIR$suffix.extract_with_fallback($format, $field, chat_$field)


def validate_id_pair$suffix($format: Optional[str], $field: Optional[str]) -> bool:
    """Return whether the $format has this $field."""
    return _PAIR$suffix.validate($format, $field)


def get_or_generate_$format$suffix(
    $format: Optional[str] = None, $field: Optional[str] = None, **values: str
) -> str:
    """Return a given $format if it is valid, and a new one if only the $field is given."""
    return _PAIR$suffix.get_or_generate($format, $field, values)


def resolve_context$suffix(
    $format: Optional[str], $field: Optional[str] = None, chat_$field: Optional[str] = None
) -> ResolvedContext:
    """Return the $field that follows from the $format. What does not fit is a warning, not an error."""
    return _PAIR$suffix.resolve($format, $field, chat_$field)


@dataclass(frozen=True)
class IDPair$suffix:
    """A $format with its $field. Raises ValueError if they do not belong together."""

    $format: str
    $field: str

    def __post_init__(self) -> None:
        _PAIR$suffix.check(self.$format, self.$field)


def create_test_ids$suffix($field: str = "test_$word", **values: str) -> IDPair$suffix:
    """Return a new pair for a test."""
    return IDPair$suffix(_PAIR$suffix.generate($field, values), $field)


def ids_of_legacy_test$suffix(old: str, **values: str) -> IDPair$suffix:
    """Return a new pair for an identifier that tests used before."""
    return create_test_ids$suffix(_PAIR$suffix.of_legacy(old), **values)


def repair_id_pair$suffix(
    $format: Optional[str] = None, $field: Optional[str] = None, **values: str
) -> IDPair$suffix:
    """Return a consistent pair: what is valid is kept, the $format before the $field."""
    return IDPair$suffix(*_PAIR$suffix.repair($format, $field, values))


class ContextProperties$suffix:
    """Properties for a class with an attribute '$format': the $field follows from it.

    A $field that is set counts as long as there is no $format that has one. Setting another one than that of the
    $format raises ValueError.
    """

    $format: Optional[str] = None
    _$field: Optional[str] = None

    @property
    def $field(self) -> Optional[str]:
        return _PAIR$suffix.extract_with_fallback(self.$format, self._$field)

    @$field.setter
    def $field(self, value: Optional[str]) -> None:
        identifier = self.$format
        if value is not None and identifier is not None and _PAIR$suffix.extract(identifier) is not None:
            _PAIR$suffix.check(identifier, value)
        self._$field = value

    @property
    def has_valid_$format(self) -> bool:
        return _PAIR$suffix.format.is_valid(self.$format)
