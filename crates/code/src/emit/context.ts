
/** Returns new identifiers: $formats. */
export function generate$ContextContextIds(values: Values = {}): Texts {
  return generateContext("$context", values);
}

/** Returns the given values and new identifiers by name: $formats. */
export function create$ContextContext(values: Values = {}): Given {
  return createContext("$context", values);
}
