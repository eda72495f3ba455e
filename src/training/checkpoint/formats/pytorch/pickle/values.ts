import type { Refuse } from '../../invalid-file.ts'

/**
 * What a pickle holds, as plain JavaScript: a dict is a Map, lists and tuples are arrays, whole numbers beyond 2^53 are bigints.
 * The graph may be cyclic, so code that walks it must limit its visits.
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

/** A value without an equivalent in plain JavaScript. */
export abstract class PickleObject {
  /** Its Python name, for messages. */
  abstract readonly className: string

  /** Receives the state that Python sets on the object after creating it; returns false if this kind of object has none. */
  setState(_state: PickleValue): boolean {
    return false
  }
}

/** What a call may use: the error for a wrong argument, and the limit on created values. */
export interface CallTools {
  readonly refuse: Refuse
  /** Counts created values; throws if a file creates more than the limit. */
  readonly spend: (values: number) => void
}

/** One of the few names that a file may call. It is code of the studio and only converts values to a value. */
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

/** The attributes of a Python object that has nothing else, such as `argparse.Namespace`. */
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

/** The Python type of a value with an article, for messages. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return 'a bool'
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'an int'
  if (typeof value === 'number') return 'a float'
  if (typeof value === 'string') return 'a str'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Map) return 'a dict'
  if (value instanceof Set) return 'a set'
  return value instanceof PickleObject ? `a ${value.className}` : 'a list'
}
