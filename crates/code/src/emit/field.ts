
/** Returns whether this can be the $field of a $format. */
export function validate$Field(value: Maybe): boolean {
  return pair$suffix.validateField(value);
}
