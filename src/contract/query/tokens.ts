/** A piece of a filter, with its position in the text. */
export interface Token {
  readonly kind: 'word' | 'operator' | 'colon' | 'minus' | 'open' | 'close' | 'comma'
  /** Without quotes and escapes. */
  readonly text: string
  readonly isQuoted: boolean
  /** Whether the closing quote is missing. */
  readonly isUnclosed: boolean
  readonly start: number
  readonly end: number
}

const operator = /(?:<=|>=|!=|==|<|>|=)/y
/** A key or a word to search for ends at an operator; a value does not. */
const word = /(?:[^\s"(),<>=!:]|!(?!=))+/y
const value = /[^\s"()]+/y
const listItem = /[^\s"(),]+/y
const quoted = /"((?:[^"\\]|\\[^]?)*)("|$)/y

/** Splits a filter into tokens. Every text has tokens; only white space and a single minus are left out. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let isInList = false
  const read = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  const add = (kind: Token['kind'], end: number, of: Partial<Token> = {}) => {
    tokens.push({ kind, text: text.slice(at, end), isQuoted: false, isUnclosed: false, start: at, end, ...of })
    at = end
  }
  while (at < text.length) {
    const character = text[at] ?? ''
    if (/\s/.test(character)) {
      at += 1
      continue
    }
    const previous = tokens.at(-1)
    const isItem = isInList && (previous?.kind === 'open' || previous?.kind === 'comma')
    const isValue = previous?.kind === 'operator' || (previous?.kind === 'colon' && previous.end === at)
    if (character === '"') {
      const [all = '', inside = '', end] = read(quoted) ?? []
      const unescaped = inside.replaceAll(/\\([^])/g, '$1')
      add('word', at + all.length, { text: unescaped, isQuoted: true, isUnclosed: end !== '"' })
    } else if (character === '(') {
      isInList = isKeyword(previous, 'in') && tokens.at(-2)?.kind === 'word'
      add('open', at + 1)
    } else if (character === ')') {
      isInList = false
      add('close', at + 1)
    } else if (character === ',' && !isValue) add('comma', at + 1)
    else if (isItem || isValue) add('word', at + (read(isItem ? listItem : value)?.[0].length ?? 1))
    else if (character === '-' && /^$|\s/.test(text[at + 1] ?? '')) at += 1
    else if (character === '-') add('minus', at + 1)
    else if (character === ':') add('colon', at + 1)
    else {
      const [sign] = read(operator) ?? []
      if (sign === undefined) add('word', at + (read(word)?.[0].length ?? 1))
      else add('operator', at + sign.length, { text: sign === '==' ? '=' : sign })
    }
  }
  return tokens
}

/** Whether a token is a word of the language, such as `and`. In quotes it is a text. */
export const isKeyword = (token: Token | undefined, keyword: 'and' | 'or' | 'not' | 'in'): boolean =>
  token?.kind === 'word' && !token.isQuoted && token.text.toLowerCase() === keyword
