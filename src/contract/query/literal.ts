import type { QueryKey } from './key.ts'

const number = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(.*)$/i
const infinity = /^([+-]?)inf(?:inity)?$/i

const seconds = { ms: 0.001, s: 1, min: 60, m: 60, h: 3600, d: 86_400, w: 604_800 }
const bytes = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 }
const counts = { k: 1e3, m: 1e6, g: 1e9 }

/** How many of a key's unit one of another unit is. */
const convertible: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  '': { ...counts, '%': 0.01 },
  s: seconds,
  B: bytes,
  MiB: Object.fromEntries(Object.entries(bytes).map(([name, size]) => [name, size / 2 ** 20])),
}

/** Units in which a value of a key can be written, with their size in the key's unit. */
export const unitsOf = (unit: string): Readonly<Record<string, number>> =>
  convertible[unit] ?? { [unit.toLowerCase()]: 1 }

/** A number with or without a unit, in the unit of the key: `2h` is 7200 for seconds. Undefined if it is not a number. */
export function readNumber(text: string, unit: string): number | undefined {
  const [, sign] = infinity.exec(text) ?? []
  if (sign !== undefined) return sign === '-' ? -Infinity : Infinity
  const [, digits, written = ''] = number.exec(text) ?? []
  if (digits === undefined) return undefined
  const name = written.trim().toLowerCase()
  const units = unitsOf(unit)
  if (name === '') return Number(digits)
  if (!Object.hasOwn(units, name)) return undefined
  const factor = units[name] ?? 1
  // Dividing by a whole number is exact where multiplying by its reciprocal is not: 90 % is 0.9.
  return factor < 1 && Number.isInteger(Math.round(1 / factor)) && Math.abs(Math.round(1 / factor) * factor - 1) < 1e-12
    ? Number(digits) / Math.round(1 / factor)
    : Number(digits) * factor
}

/** The times that a text means, as ISO texts: a year, month, day, minute or second of this machine's time zone. */
export interface TimeRange {
  readonly from: string
  /** The first moment after the range. */
  readonly until: string
}

const date = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?)?)?$/

/** Reads `2026`, `2026-11`, `2026-11-01`, `2026-11-01T10:30`, `today`, `yesterday`; undefined if it is no such time. */
export function readTime(text: string, now: Date = new Date()): TimeRange | undefined {
  const today = [now.getFullYear(), now.getMonth(), now.getDate()] as const
  if (/^today$/i.test(text)) return rangeOf([...today], 2)
  if (/^yesterday$/i.test(text)) return rangeOf([today[0], today[1], today[2] - 1], 2)
  const groups = date.exec(text.trim())?.slice(1)
  if (groups === undefined) return undefined
  const given = groups.filter((group) => group !== undefined).map(Number)
  const [year = 0, month = 1, ...rest] = given
  const fields = given.length === 1 ? [year] : [year, month - 1, ...rest]
  const start = at(fields)
  // A month or day that does not exist, such as 31 February, would become another one.
  const isReal =
    start.getMonth() === (fields[1] ?? 0) &&
    start.getDate() === (fields[2] ?? 1) &&
    start.getHours() === (fields[3] ?? 0) &&
    start.getMinutes() === (fields[4] ?? 0)
  return isReal ? rangeOf(fields, fields.length - 1) : undefined
}

const at = ([year = 0, month = 0, day = 1, hour = 0, minute = 0, second = 0]: readonly number[]): Date => {
  const time = new Date(year, month, day, hour, minute, second)
  if (year < 100) time.setFullYear(year)
  return time
}

function rangeOf(fields: readonly number[], last: number): TimeRange {
  const next = fields.map((field, index) => (index === last ? field + 1 : field))
  return { from: at(fields).toISOString(), until: at(next).toISOString() }
}

const flags: Readonly<Record<string, 0 | 1>> = { on: 1, true: 1, yes: 1, 1: 1, off: 0, false: 0, no: 0, 0: 0 }

/** Reads `on`, `off`, `true`, `false`, `yes`, `no`, `1` or `0`. */
export const readFlag = (text: string): 0 | 1 | undefined =>
  Object.hasOwn(flags, text.toLowerCase()) ? flags[text.toLowerCase()] : undefined

/** What is wrong with a value of a key; undefined if it can be compared. */
export function literalProblem({ key, kind, unit }: QueryKey, text: string): string | undefined {
  switch (kind) {
    case 'text':
      return undefined
    case 'number':
      return readNumber(text, unit) === undefined
        ? `${key} is a number, for example ${exampleOf(unit)}. ${given(text, 'is not one')}`
        : undefined
    case 'time':
      return readTime(text) === undefined
        ? `${key} is a time, for example 2026-11-01, 2026-11-01T10:30 or today. ${given(text, 'is not one')}`
        : undefined
    case 'flag':
      return readFlag(text) === undefined ? `${key} is on or off. ${given(text, 'is neither')}` : undefined
  }
}

const given = (text: string, problem: string): string => (text === '' ? 'No value is given.' : `${text} ${problem}.`)

/** A value of a number with this unit, as it can be written. */
function exampleOf(unit: string): string {
  if (unit === 's') return '90s, 30min or 2h'
  if (unit === 'B' || unit === 'MiB') return '500MiB or 2GiB'
  return unit === '' || unit.includes(' ') ? '0.5' : `10${unit}`
}
