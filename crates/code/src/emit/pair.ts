
const pair$suffix = new PairRule("$format", "$field");

/** A $format with its $field; it cannot be changed. */
export interface IDPair$suffix {
  readonly $format: string;
  readonly $field: string;
}

/** Returns a pair. Throws if the two do not belong together. */
export function createIdPair$suffix(id: string, value: string): IDPair$suffix {
  return pair$suffix.create(id, value) as unknown as IDPair$suffix;
}

/** Returns the $field of a $format. */
export function extract$Field$suffix(id: Maybe): string | null {
  return pair$suffix.extract(id);
}

/** Returns the $field of the $format, or else the one that is given, or else the legacy one. */
export function extract$FieldWithFallback$suffix(id: Maybe, value: Maybe = null, legacy: Maybe = null): string | null {
  return pair$suffix.extractWithFallback(id, value, legacy);
}

/** Returns whether the $format has this $field. */
export function validateIdPair$suffix(id: Maybe, value: Maybe): boolean {
  return pair$suffix.validate(id, value);
}

/** Returns a given $format if it is valid, and a new one if only the $field is given. */
export function getOrGenerate$Format$suffix(id: Maybe = null, value: Maybe = null, values: Values = {}): string {
  return pair$suffix.getOrGenerate(id, value, values);
}

/** Returns the $field that follows from the $format. What does not fit is a warning, not an error. */
export function resolveContext$suffix(id: Maybe, value: Maybe = null, legacy: Maybe = null): ResolvedContext {
  return pair$suffix.resolve(id, value, legacy);
}

/** Returns a new pair for a test. */
export function createTestIds$suffix(value: string = "test_$word", values: Values = {}): IDPair$suffix {
  return createIdPair$suffix(pair$suffix.generate(value, values), value);
}

/** Returns a new pair for an identifier that tests used before. */
export function idsOfLegacyTest$suffix(old: string, values: Values = {}): IDPair$suffix {
  return createTestIds$suffix(pair$suffix.ofLegacy(old), values);
}

/** Returns a consistent pair: what is valid is kept, the $format before the $field. */
export function repairIdPair$suffix(id: Maybe = null, value: Maybe = null, values: Values = {}): IDPair$suffix {
  return pair$suffix.repair(id, value, values) as unknown as IDPair$suffix;
}
