import { didYouMean } from '../nearest.ts'
import { type Operator, operators, type Query } from './query.ts'

export interface ParsedQuery {
  readonly query: Query
  /** A sentence for each key that does not exist. The word is then searched for as text. */
  readonly problems: readonly string[]
}

const comparison = /^([a-z][\w.-]*)(<=|>=|!=|<|>|=)(.+)$/i
const field = /^([a-z][\w.-]*):(.*)$/i

/** Parses a filter. Every text is a valid filter: what is not understood is searched for as text. */
export function parseQuery(text: string, keys: readonly string[]): ParsedQuery {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '-')
  const known = new Map(keys.map((key) => [key.toLowerCase(), key]))
  const problems: string[] = []
  let at = 0

  const alternatives = (): Query => {
    const found = [terms()]
    while (words[at] === 'or' && at + 1 < words.length) {
      at += 1
      found.push(terms())
    }
    return joined('or', found)
  }
  const terms = (): Query => {
    const found: Query[] = []
    while (at < words.length && !(words[at] === 'or' && found.length > 0 && at + 1 < words.length)) {
      // Between two terms `and` changes nothing; elsewhere it is text.
      if (words[at] === 'and' && found.length > 0 && at + 1 < words.length) at += 1
      found.push(term())
    }
    return joined('and', found)
  }
  const term = (): Query => {
    const word = words[at] ?? ''
    const [operator, value] = [words[at + 1], words[at + 2]]
    at += 1
    if (word === 'not' && at < words.length) return { kind: 'not', of: term() }
    if (word.startsWith('-')) return { kind: 'not', of: single(word.slice(1)) }
    if (isOperator(operator) && value !== undefined) {
      const key = keyOf(word)
      if (key !== undefined) {
        at += 2
        return { kind: 'compare', key, operator, value }
      }
    }
    return single(word)
  }
  const single = (word: string): Query => {
    const [, comparedKey = '', operator, compared = ''] = comparison.exec(word) ?? []
    if (isOperator(operator)) {
      const key = known.get(comparedKey)
      if (key !== undefined) return { kind: 'compare', key, operator, value: compared }
    }
    const [, name, part = ''] = field.exec(word) ?? []
    const key = name === undefined ? undefined : keyOf(name)
    return key === undefined ? { kind: 'text', text: word } : { kind: 'contains', key, text: part }
  }
  const keyOf = (name: string): string | undefined => {
    const key = known.get(name)
    if (key === undefined)
      problems.push(`There is no key ${name}. ${didYouMean(name, keys, `Keys are ${keys.join(', ')}.`)}`)
    return key
  }
  return { query: alternatives(), problems }
}

const isOperator = (word: string | undefined): word is Operator => operators.some((operator) => operator === word)

const joined = (kind: 'and' | 'or', of: readonly Query[]): Query => {
  const [only] = of
  return only !== undefined && of.length === 1 ? only : { kind, of }
}
