
/** Returns a new $format. */
export function generate$Format($typed): string {
  return named("$format").generate({$values});
}

/** Returns new identifiers of the format $format that have one time in common. */
export function batch$Format(count: number$also): Texts {
  return named("$format").batch(count, {$values});
}

/** Returns the values of the parts: $parts. */
export function parse$Format(identifier: Maybe): Texts | null {
  return named("$format").parse(identifier);
}

/** Returns whether this is a valid $format. */
export function validate$Format(identifier: Maybe, prefix: Maybe = null): boolean {
  return named("$format").isValid(identifier, prefix);
}
