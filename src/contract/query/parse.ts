import { formatQuantity } from '../format.ts'
import { nearest } from '../nearest.ts'
import { fold } from './fold.ts'
import type { QueryKey } from './key.ts'
import { literalProblem, readNumber, unitsOf } from './literal.ts'
import { type Operator, operators, type Query } from './query.ts'
import { isKeyword, type Token, tokenize } from './tokens.ts'
import { unknownKey } from './unknown-key.ts'

export interface ParsedQuery {
  readonly query: Query
  /** A sentence for everything that was not understood. It is then searched for as text. */
  readonly problems: readonly string[]
}

/** SQLite nests at most 1,000 expressions. */
const maxTerms = 500
const maxDepth = 50

/** Parses a filter. Every text is a valid filter: what is not understood is searched for as text, and named in `problems`. */
export function parseQuery(text: string, keys: readonly QueryKey[]): ParsedQuery {
  const tokens = tokenize(text)
  const nesting = deepest(tokens)
  const words = tokens.filter(({ kind }) => kind === 'word').length
  if (nesting > maxDepth || words > maxTerms) {
    const problem =
      nesting > maxDepth
        ? `The filter nests ${nesting} parentheses or negations; at most ${maxDepth} are possible.`
        : `The filter has ${formatQuantity(words, 'word')}; at most ${maxTerms} are possible.`
    return { query: { kind: 'text', text }, problems: [problem] }
  }
  return new Parser(text, tokens, keys).parse()
}

function deepest(tokens: readonly Token[]): number {
  let [open, negations, most] = [0, 0, 0]
  for (const token of tokens) {
    if (token.kind === 'open') open += 1
    else if (token.kind === 'close') open -= 1
    negations =
      token.kind === 'minus' || isKeyword(token, 'not') ? negations + 1 : token.kind === 'open' ? negations : 0
    most = Math.max(most, open + negations)
  }
  return most
}

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  readonly #keys: readonly QueryKey[]
  readonly #known: ReadonlyMap<string, QueryKey>
  readonly #problems = new Set<string>()
  #at = 0

  constructor(text: string, tokens: readonly Token[], keys: readonly QueryKey[]) {
    this.#text = text
    this.#tokens = tokens
    this.#keys = keys
    this.#known = new Map(keys.map((key) => [key.key.toLowerCase(), key]))
  }

  parse(): ParsedQuery {
    if (this.#tokens.some(({ isUnclosed }) => isUnclosed)) this.#problems.add('A closing quote is missing.')
    const found: Query[] = []
    while (this.#at < this.#tokens.length) {
      if (this.#peek()?.kind === 'close') {
        this.#problems.add('A closing parenthesis has no opening one.')
        this.#at += 1
      } else found.push(this.#alternatives())
    }
    return { query: joined('and', found), problems: [...this.#problems] }
  }

  #peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead]
  }

  /** Whether the tokens end here, or the parentheses around them do. */
  #isEnd(ahead = 0): boolean {
    const token = this.#peek(ahead)
    return token === undefined || token.kind === 'close'
  }

  #alternatives(): Query {
    const found = [this.#terms()]
    while (isKeyword(this.#peek(), 'or')) {
      const isLast = this.#isEnd(1)
      this.#at += 1
      if (isLast) this.#problems.add('A term is missing after or.')
      else found.push(this.#terms())
    }
    return joined('or', found)
  }

  #terms(): Query {
    const found: Query[] = []
    while (!this.#isEnd() && !(found.length > 0 && isKeyword(this.#peek(), 'or'))) {
      if (this.#peek()?.kind === 'comma') this.#at += 1
      else if (found.length > 0 && isKeyword(this.#peek(), 'and')) {
        if (this.#isEnd(1) || isKeyword(this.#peek(1), 'or')) this.#problems.add('A term is missing after and.')
        this.#at += 1
      } else found.push(this.#term(found.length === 0))
    }
    return joined('and', found)
  }

  #term(isFirst: boolean): Query {
    const token = this.#peek()
    const start = this.#at
    if (token === undefined) return nothing
    if (token.kind === 'minus' || (isKeyword(token, 'not') && !(isFirst && this.#isEnd(1)))) {
      this.#at += 1
      if (!this.#isEnd()) return { kind: 'not', of: this.#term(true) }
      this.#problems.add(`A term is missing after ${token.text}.`)
      return nothing
    }
    if (token.kind === 'open') return this.#group()
    if (token.kind === 'operator' || token.kind === 'colon') {
      this.#at += this.#peek(1)?.kind === 'word' ? 2 : 1
      this.#problems.add(`A key is missing before ${token.text}`)
      return this.#asText(start)
    }
    const next = this.#peek(1)
    if (next?.kind === 'colon' && next.start === token.end) return this.#field(token, next)
    if (next?.kind === 'operator' && isOperator(next.text)) return this.#comparison(token, next.text)
    if (isKeyword(next, 'in') && this.#peek(2)?.kind === 'open') return this.#list(token, 3)
    if (isKeyword(next, 'not') && isKeyword(this.#peek(2), 'in') && this.#peek(3)?.kind === 'open')
      return { kind: 'not', of: this.#list(token, 4) }
    this.#at += 1
    // What could not stand here without quotes was read as a value.
    return isPattern(token) && !/^-|[,<>=!:]/.test(token.text)
      ? { kind: 'wildcard', key: null, pattern: token.text }
      : { kind: 'text', text: token.text }
  }

  #group(): Query {
    this.#at += 1
    if (this.#isEnd()) this.#problems.add('The parentheses are empty.')
    const inside = this.#isEnd() ? nothing : this.#alternatives()
    if (this.#peek()?.kind === 'close') this.#at += 1
    else this.#problems.add('A closing parenthesis is missing.')
    return inside
  }

  /** `key:text`, `has:key` or `is:flag`. */
  #field(name: Token, colon: Token): Query {
    const start = this.#at
    const next = this.#peek(2)
    const value = next?.kind === 'word' && next.start === colon.end ? next : undefined
    this.#at += value === undefined ? 2 : 3
    const text = value?.text ?? ''
    const reserved = this.#known.has(name.text.toLowerCase()) || name.isQuoted ? '' : name.text.toLowerCase()
    if (reserved === 'has' || reserved === 'is') {
      const key = this.#key(text)
      if (key === undefined) return this.#asText(start)
      if (reserved === 'has') return { kind: 'has', key: key.key }
      if (key.kind === 'flag') return { kind: 'compare', key: key.key, operator: '=', value: 'on' }
      this.#problems.add(`${key.key} is not a flag. Write has:${key.key} for the items that have a value.`)
      return this.#asText(start)
    }
    // An address such as https://example.org is no key.
    if (text.startsWith('//') && value?.isQuoted === false) return this.#asText(start)
    const key = this.#key(name.text)
    if (key === undefined) return this.#asText(start)
    if (text !== '' && value !== undefined && key.kind !== 'text')
      return this.#checked(key, '=', this.#withUnit(key, value), start)
    return value !== undefined && isPattern(value)
      ? { kind: 'wildcard', key: key.key, pattern: text }
      : this.#possible(key, text, false, { kind: 'contains', key: key.key, text })
  }

  #comparison(name: Token, operator: Operator): Query {
    const start = this.#at
    const key = this.#key(name.text)
    const next = this.#peek(2)
    const value = next?.kind === 'word' ? next : undefined
    this.#at += value === undefined ? 2 : 3
    if (key === undefined) return this.#asText(start)
    if (value === undefined) {
      this.#problems.add(`A value is missing after ${key.key} ${operator}`)
      return this.#asText(start)
    }
    if (key.kind === 'text' && isPattern(value) && (operator === '=' || operator === '!=')) {
      const pattern: Query = { kind: 'wildcard', key: key.key, pattern: value.text }
      if (operator === '=') return pattern
      return {
        kind: 'and',
        of: [
          { kind: 'has', key: key.key },
          { kind: 'not', of: pattern },
        ],
      }
    }
    return this.#checked(key, operator, this.#withUnit(key, value), start)
  }

  /** A value with the unit that follows it after a space, as in `duration > 2 h`. */
  #withUnit(key: QueryKey, value: Token): string {
    const next = this.#peek()
    const after = this.#peek(1)
    const isUnit =
      key.kind === 'number' &&
      next?.kind === 'word' &&
      !next.isQuoted &&
      Object.hasOwn(unitsOf(key.unit), next.text.toLowerCase()) &&
      /\d$/.test(value.text) &&
      readNumber(value.text, key.unit) !== undefined &&
      after?.kind !== 'operator' &&
      after?.kind !== 'colon'
    if (!isUnit) return value.text
    this.#at += 1
    return `${value.text}${next.text}`
  }

  #checked(key: QueryKey, operator: Operator, value: string, start: number): Query {
    const problem = literalProblem(key, value)
    const isOrder = operator !== '=' && operator !== '!='
    if (problem === undefined && !(key.kind === 'flag' && isOrder))
      return this.#possible(key, value, !isOrder, { kind: 'compare', key: key.key, operator, value })
    this.#problems.add(problem ?? `${key.key} is on or off, so it cannot be compared by ${operator}`)
    return this.#asText(start)
  }

  /** A list of values; the token after `ahead` others is the first of them. */
  #list(name: Token, ahead: number): Query {
    const start = this.#at
    this.#at += ahead
    const items: Token[] = []
    for (let token = this.#peek(); token !== undefined && token.kind !== 'close'; token = this.#peek()) {
      if (token.kind === 'word') items.push(token)
      this.#at += 1
    }
    if (this.#peek()?.kind === 'close') this.#at += 1
    else this.#problems.add('A closing parenthesis is missing.')
    const key = this.#key(name.text)
    if (key === undefined) return this.#asText(start)
    if (items.length === 0) {
      this.#problems.add(`The list of values of ${key.key} is empty.`)
      return this.#asText(start)
    }
    const problem = items.map(({ text }) => literalProblem(key, text)).find((found) => found !== undefined)
    if (problem !== undefined) {
      this.#problems.add(problem)
      return this.#asText(start)
    }
    const isWild = (item: Token) => key.kind === 'text' && isPattern(item)
    const plain = items.filter((item) => !isWild(item)).map(({ text }) => text)
    for (const value of plain) this.#possible(key, value, true, nothing)
    return joined('or', [
      ...(plain.length === 0 ? [] : [{ kind: 'in', key: key.key, values: plain } as const]),
      ...items.filter(isWild).map(({ text }) => ({ kind: 'wildcard', key: key.key, pattern: text }) as const),
    ])
  }

  /** Reports a value that no item can have, because all values of the key are known. */
  #possible(key: QueryKey, text: string, isWhole: boolean, query: Query): Query {
    if (key.isComplete !== true) return query
    const sought = fold(text)
    const words = [...key.values, ...Object.values(key.titles ?? {})].map(fold)
    if (words.some((word) => (isWhole ? word === sought : word.includes(sought)))) return query
    const near = nearest(text, key.values)
    this.#problems.add(
      `No ${key.key} is called ${text}. ${near === undefined ? '' : `Did you mean ${near}? `}Its values are ${key.values.join(', ')}.`,
    )
    return query
  }

  /** The key of a name, in which case does not matter and `/` may be written for a dot. Reports one that does not exist. */
  #key(name: string): QueryKey | undefined {
    const lower = name.toLowerCase()
    const key = this.#known.get(lower) ?? this.#known.get(lower.replaceAll('/', '.'))
    if (key === undefined) this.#problems.add(unknownKey(name, this.#keys))
    return key
  }

  /** The tokens since `start`, searched for as text. */
  #asText(start: number): Query {
    const [first, last] = [this.#tokens[start], this.#tokens[this.#at - 1]]
    return {
      kind: 'text',
      text: first === undefined || last === undefined ? '' : this.#text.slice(first.start, last.end),
    }
  }
}

/** Matches everything. */
const nothing: Query = { kind: 'and', of: [] }

const isOperator = (text: string): text is Operator => operators.some((operator) => operator === text)

/** Whether a word has `*` for any characters. In quotes it means itself. */
const isPattern = (token: Token): boolean => !token.isQuoted && token.text.includes('*')

/** Queries joined without nesting what has the same meaning. */
function joined(kind: 'and' | 'or', of: readonly Query[]): Query {
  const parts = of.flatMap((part) =>
    part.kind === kind ? part.of : part.kind === 'and' && part.of.length === 0 ? [] : [part],
  )
  const [only] = parts
  if (parts.length === 0) return nothing
  return only !== undefined && parts.length === 1 ? only : { kind, of: parts }
}
