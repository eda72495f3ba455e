import { fold } from '#contract/query/fold.ts'
import type { QueryKey } from '#contract/query/key.ts'
import { printValue } from '#contract/query/query.ts'
import { isKeyword, type Token, tokenize } from '#contract/query/tokens.ts'
import { contractText, t } from '../language.ts'

/** A text that can replace a part of a filter. */
export interface Suggestion {
  readonly text: string
  readonly label: string
  /** What it is, shown behind it. */
  readonly help: string
  /** Whether more is expected after it, so that a space or the next suggestions follow. */
  readonly isOpen: boolean
}

export interface Completion {
  /** The part of the filter that a suggestion replaces. */
  readonly from: number
  readonly to: number
  readonly suggestions: readonly Suggestion[]
}

/** Suggestions shown at once, at most. */
const maxSuggestions = 50

/** What can stand at the caret of a filter: keys, operators or values. */
export function completionAt(text: string, caret: number, keys: readonly QueryKey[]): Completion {
  const before = tokenize(text.slice(0, caret))
  const last = before.at(-1)
  const isInWord = last?.kind === 'word' && last.end === caret && !(last.isQuoted && !last.isUnclosed)
  const typed = isInWord ? last : undefined
  const context = isInWord ? before.slice(0, -1) : before
  const from = typed?.start ?? caret
  const to = typed === undefined ? caret : wordEnd(text, caret)
  const isGap = context.at(-1)?.end !== from
  const found = suggestions(context, keys, isGap)
  const sought = fold(typed?.text ?? '')
  const matching = found
    .map((suggestion) => ({ suggestion, rank: rankOf(suggestion, sought) }))
    .filter(({ rank }) => rank >= 0)
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ suggestion }) => suggestion)
  return { from, to, suggestions: matching.slice(0, maxSuggestions) }
}

/** The end of the word in which the caret is. */
function wordEnd(text: string, caret: number): number {
  const rest = /^[^\s"(),<>=!:]*/.exec(text.slice(caret))
  return caret + (rest?.[0].length ?? 0)
}

/** Beginnings before other occurrences; -1 for none. */
function rankOf({ text, label }: Suggestion, sought: string): number {
  if (sought === '') return 0
  const [own, shown] = [fold(text), fold(label)]
  if (own.startsWith(sought) || own.startsWith(`"${sought}`)) return 0
  if (own.includes(`.${sought}`) || shown.startsWith(sought)) return 1
  return own.includes(sought) || shown.includes(sought) ? 2 : -1
}

function suggestions(context: readonly Token[], keys: readonly QueryKey[], isGap: boolean): Suggestion[] {
  const last = context.at(-1)
  const name = context.at(-2)
  if (last?.kind === 'colon' && name !== undefined && !isGap) {
    const word = name.text.toLowerCase()
    if (word === 'has') return keys.map((key) => keySuggestion(key, false))
    if (word === 'is') return keys.filter(({ kind }) => kind === 'flag').map((key) => keySuggestion(key, false))
    return valuesOf(keyNamed(name, keys))
  }
  if (last?.kind === 'operator' && name !== undefined) return valuesOf(keyNamed(name, keys))
  const inList = listKey(context, keys)
  if (inList !== undefined) return valuesOf(inList)
  const key = last?.kind === 'word' && isGap ? keyNamed(last, keys) : undefined
  const isValue = name?.kind === 'operator' || name?.kind === 'colon'
  if (key !== undefined && !isValue) return operatorsOf(key)
  const isAfterTerm = last?.kind === 'word' && !isConnective(last)
  return [
    ...(isAfterTerm || last?.kind === 'close' ? connectives() : []),
    ...keys.map((one) => keySuggestion(one, true)),
    ...prefixes(),
  ]
}

const isConnective = (token: Token): boolean =>
  (['and', 'or', 'not'] as const).some((keyword) => isKeyword(token, keyword))

const keyNamed = ({ text }: Token, keys: readonly QueryKey[]): QueryKey | undefined => {
  const lower = text.toLowerCase()
  return keys.find(({ key }) => key.toLowerCase() === lower)
}

/** The key of the list in which the caret is. */
function listKey(context: readonly Token[], keys: readonly QueryKey[]): QueryKey | undefined {
  const open = context.findLastIndex(({ kind }) => kind === 'open' || kind === 'close')
  if (context[open]?.kind !== 'open' || !isKeyword(context[open - 1], 'in')) return undefined
  const last = context.at(-1)
  if (last?.kind !== 'open' && last?.kind !== 'comma') return undefined
  const name = isKeyword(context[open - 2], 'not') ? context[open - 3] : context[open - 2]
  return name === undefined ? undefined : keyNamed(name, keys)
}

const keySuggestion = ({ key, label, unit }: QueryKey, isOpen: boolean): Suggestion => ({
  text: printValue(key),
  label: key,
  help:
    unit === '' ? contractText(label) : t('query.help.key', { label: contractText(label), unit: contractText(unit) }),
  isOpen,
})

const connectives = (): Suggestion[] => [word('and', t('query.help.and')), word('or', t('query.help.or'))]
const prefixes = (): Suggestion[] => [
  word('not', t('query.help.not')),
  word('has:', t('query.help.has')),
  word('is:', t('query.help.is')),
]

const word = (text: string, help: string): Suggestion => ({ text, label: text, help, isOpen: true })

function operatorsOf({ kind }: QueryKey): Suggestion[] {
  const equality = [word('=', t('query.help.equal')), word('!=', t('query.help.other'))]
  if (kind === 'flag') return equality
  const list = word('in (', t('query.help.several'))
  return kind === 'text'
    ? [...equality, list]
    : [
        word('>', t('query.help.greater')),
        word('>=', t('query.help.atLeast')),
        word('<', t('query.help.less')),
        word('<=', t('query.help.atMost')),
        ...equality,
        list,
      ]
}

function valuesOf(key: QueryKey | undefined): Suggestion[] {
  if (key === undefined) return []
  const values = key.kind === 'time' ? ['today', 'yesterday'] : key.values
  return values.map((value) => ({
    text: printValue(value),
    label: value,
    help: contractText(key.titles?.[value] ?? '') || (key.kind === 'number' ? key.unit : ''),
    isOpen: false,
  }))
}

/** The filter with a suggestion in place of what was typed, and the caret behind it. */
export function complete(
  text: string,
  { from, to }: Pick<Completion, 'from' | 'to'>,
  suggestion: Suggestion,
): { text: string; caret: number } {
  const ending = /[:(]$/.test(suggestion.text) || text[to] === ' ' ? '' : ' '
  const inserted = `${suggestion.text}${ending}`
  const caret = from + inserted.length + (ending === '' && text[to] === ' ' ? 1 : 0)
  return { text: text.slice(0, from) + inserted + text.slice(to), caret }
}
