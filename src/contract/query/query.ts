/**
 * A filter over a list, as the user types it: `test.top1 > 60 and distill.maskRatio = 0.9 and tag:ablation and not status:failed`.
 * Terms without an operator between them must all match. `not` or a leading minus negates a term.
 */
export type Query =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Query[] }
  | { readonly kind: 'not'; readonly of: Query }
  /** The text occurs in any field. */
  | { readonly kind: 'text'; readonly text: string }
  /** `key:text`: the text occurs in one field. */
  | { readonly kind: 'contains'; readonly key: string; readonly text: string }
  /** `key < value`, numerically if both sides are numbers. */
  | { readonly kind: 'compare'; readonly key: string; readonly operator: Operator; readonly value: string }

export const operators = ['<=', '>=', '!=', '<', '>', '='] as const
export type Operator = (typeof operators)[number]

/** The query as text that parses to the same query. */
export function printQuery(query: Query): string {
  switch (query.kind) {
    case 'and':
      return query.of.map(printQuery).join(' and ')
    case 'or':
      return query.of.map(printQuery).join(' or ')
    case 'not':
      return `not ${printQuery(query.of)}`
    case 'text':
      return query.text
    case 'contains':
      return `${query.key}:${query.text}`
    case 'compare':
      return `${query.key} ${query.operator} ${query.value}`
  }
}
