/**
 * A filter over a list, as the user types it: `test.top1 > 60 and distill.maskRatio = 0.9 and tag:ablation and not status:failed`.
 * Terms without an operator between them must all match. `not` or a leading minus negates a term, `and` binds closer than `or`.
 * Values are kept as typed; `bind.ts` reads them as numbers, times or texts of their key.
 */
export type Query =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Query[] }
  | { readonly kind: 'not'; readonly of: Query }
  /** The text occurs in any field. */
  | { readonly kind: 'text'; readonly text: string }
  /** The pattern with `*` for any characters matches all of a field, or a part of any field if there is no key. */
  | { readonly kind: 'wildcard'; readonly key: string | null; readonly pattern: string }
  /** `key:text`: the text occurs in one field. */
  | { readonly kind: 'contains'; readonly key: string; readonly text: string }
  /** `key < value`. */
  | { readonly kind: 'compare'; readonly key: string; readonly operator: Operator; readonly value: string }
  /** `key in (value, value)`. */
  | { readonly kind: 'in'; readonly key: string; readonly values: readonly string[] }
  /** `has:key`: the item has a value for the key. */
  | { readonly kind: 'has'; readonly key: string }

export const operators = ['<=', '>=', '!=', '<', '>', '='] as const
export type Operator = (typeof operators)[number]

/** The query as text that parses to the same query. */
export function printQuery(query: Query): string {
  switch (query.kind) {
    case 'and':
    case 'or':
      // `and` binds closer than `or`, so only alternatives inside of `and` need parentheses.
      return query.of
        .map((part) => (part.kind === 'or' || part.kind === query.kind ? `(${printQuery(part)})` : printQuery(part)))
        .join(` ${query.kind} `)
    case 'not':
      return `not ${query.of.kind === 'and' || query.of.kind === 'or' ? `(${printQuery(query.of)})` : printQuery(query.of)}`
    case 'text':
      return printWord(query.text)
    case 'wildcard':
      return query.key === null ? query.pattern : `${printWord(query.key)}:${query.pattern}`
    case 'contains':
      return `${printWord(query.key)}:${printValue(query.text)}`
    case 'compare':
      return `${printWord(query.key)} ${query.operator} ${printValue(query.value)}`
    case 'in':
      return `${printWord(query.key)} in (${query.values.map(printValue).join(', ')})`
    case 'has':
      return `has:${printValue(query.key)}`
  }
}

const keywords = new Set(['and', 'or', 'not', 'in'])

/** A key or a word to search for, quoted if it would be read as something else. */
const printWord = (text: string): string =>
  /^[^\s"(),<>=!:*-][^\s"(),<>=!:*]*$/.test(text) && !keywords.has(text.toLowerCase()) ? text : quote(text)

/** A value after an operator, quoted if it would be read as something else. */
export const printValue = (text: string): string => (/^[^\s"(),<>=!:*/][^\s"(),*]*$/.test(text) ? text : quote(text))

const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
