import type { Refuse } from '../../invalid-file.ts'

/**
 * What a pickle holds, as plain JavaScript: a dict is a Map, lists and tuples are arrays, whole numbers beyond 2^53 are bigints.
 * The graph may contain itself: whoever walks it keeps count.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleObject

/** Anything that has no plain form in JavaScript. */
export abstract class PickleObject {
  /** As Python calls it, for messages. */
  abstract readonly className: string

  /** Takes the state that Python set on the object after making it; false where this kind of object has none. */
  setState(_state: PickleValue): boolean {
    return false
  }
}

/** What a call may use: the error for a wrong argument, and the allowance for what it makes. */
export interface CallTools {
  readonly refuse: Refuse
  /** Charges for values made; throws when a file makes more than it may. */
  readonly spend: (values: number) => void
}

/** One of the few names that a file may call. It is our own code and makes a value out of values, nothing else. */
export class PickleCallable extends PickleObject {
  readonly className: string
  readonly call: (args: readonly PickleValue[], tools: CallTools) => PickleValue

  constructor(className: string, call: PickleCallable['call']) {
    super()
    this.className = className
    this.call = call
  }
}

/** A class that a file names without calling it. */
export class PickleName extends PickleObject {
  readonly className: string

  constructor(className: string) {
    super()
    this.className = className
  }
}

/** The attributes of a Python object that holds nothing else, such as `argparse.Namespace`. */
export class PickledFields extends PickleObject {
  readonly className: string
  fields: ReadonlyMap<PickleValue, PickleValue> = new Map()

  constructor(className: string) {
    super()
    this.className = className
  }

  override setState(state: PickleValue): boolean {
    if (!(state instanceof Map)) return false
    this.fields = state
    return true
  }
}

/** What kind of value it is, in Python's words and with an article, for messages. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return 'a bool'
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'an int'
  if (typeof value === 'number') return 'a float'
  if (typeof value === 'string') return 'a text'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Map) return 'a dict'
  if (value instanceof Set) return 'a set'
  return value instanceof PickleObject ? `a ${value.className}` : 'a list'
}
