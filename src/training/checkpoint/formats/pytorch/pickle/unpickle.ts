import { type Refuse, shown } from '../../invalid-file.ts'
import { PickleInput } from './input.ts'
import { opcodeName, opcodes } from './opcodes.ts'
import { PickleStack } from './stack.ts'
import { type CallTools, kindOf, PickleCallable, PickleObject, type PickleValue } from './values.ts'

/** Everything outside the pickle that it may refer to. */
export interface PickleEnvironment {
  /** Resolves a name such as `collections.OrderedDict`. The list is closed: any other name is refused. */
  readonly globals: ReadonlyMap<string, PickleValue>
  /** Resolves a persistent id; in PyTorch files, to a storage. */
  persistent(id: PickleValue): PickleValue
  readonly refuse: Refuse
}

export interface Unpickled {
  readonly value: PickleValue
  /** End of the pickle, counted from its first byte. */
  readonly endOffset: number
}

/**
 * Reads one pickle, without executing anything: opcodes move values on a stack, and a call reaches only what
 * `environment.globals` holds. Time and memory are bounded for any input.
 * @throws PickleCutOff if the bytes end before the pickle does; `environment.refuse` for everything else.
 */
export function unpickle(bytes: Uint8Array, environment: PickleEnvironment): Unpickled {
  const machine = new PickleMachine(new PickleInput(bytes, environment.refuse), environment)
  return machine.run()
}

const op = opcodes

/** A ViT-H with its optimizer state has some 120,000. */
const maxValues = 2_000_000
/** What a table or a call counts for, by its memory. */
const tableCost = 8
const newestProtocol = 5

export const executesNothing = {
  hint: 'The studio executes nothing from a file. If you trust it, load it in PyTorch and save only its weights: torch.save(model.state_dict(), "weights.pth").',
}

class PickleMachine implements CallTools {
  readonly #input: PickleInput
  readonly #environment: PickleEnvironment
  readonly refuse: Refuse
  readonly #stack: PickleStack
  /** Python numbers memo entries from zero. */
  readonly #memo: PickleValue[] = []
  #allowance = maxValues

  constructor(input: PickleInput, environment: PickleEnvironment) {
    this.#input = input
    this.#environment = environment
    this.refuse = environment.refuse
    this.#stack = new PickleStack(environment.refuse)
  }

  run(): Unpickled {
    for (;;) {
      const code = this.#input.uint8()
      if (code === op.STOP) return { value: this.#stack.pop(), endOffset: this.#input.position }
      this.spend(1)
      this.#step(code)
    }
  }

  readonly spend = (values: number): void => {
    this.#allowance -= values
    if (this.#allowance < 0)
      throw this.refuse(`holds more than ${maxValues} values besides its weights, which is more than the studio reads`)
  }

  #step(code: number): void {
    const input = this.#input
    switch (code) {
      case op.PROTO: {
        const protocol = input.uint8()
        if (protocol > newestProtocol)
          throw this.refuse(
            `is written in version ${protocol} of the pickle format; the studio supports versions up to ${newestProtocol}`,
          )
        return
      }
      case op.FRAME:
        input.uint64()
        return
      case op.NONE:
        return this.#stack.push(null)
      case op.NEWTRUE:
        return this.#stack.push(true)
      case op.NEWFALSE:
        return this.#stack.push(false)
      case op.BININT:
        return this.#stack.push(input.int32())
      case op.BININT1:
        return this.#stack.push(input.uint8())
      case op.BININT2:
        return this.#stack.push(input.uint16())
      case op.LONG1:
        return this.#stack.push(input.integer(input.uint8()))
      case op.LONG4:
        return this.#stack.push(input.integer(input.int32()))
      case op.BINFLOAT:
        return this.#stack.push(input.float64())
      case op.SHORT_BINUNICODE:
        return this.#stack.push(input.text(input.uint8()))
      case op.BINUNICODE:
        return this.#stack.push(input.text(input.uint32()))
      case op.BINUNICODE8:
        return this.#stack.push(input.text(input.uint64()))
      case op.SHORT_BINSTRING:
        return this.#stack.push(input.byteText(input.uint8()))
      case op.BINSTRING:
        return this.#stack.push(input.byteText(input.int32()))
      case op.SHORT_BINBYTES:
        return this.#stack.push(input.bytes(input.uint8()))
      case op.BINBYTES:
        return this.#stack.push(input.bytes(input.uint32()))
      case op.BINBYTES8:
      case op.BYTEARRAY8:
        return this.#stack.push(input.bytes(input.uint64()))
      case op.MARK:
        return this.#stack.mark()
      case op.POP:
        return this.#stack.discard()
      case op.POP_MARK:
        this.#stack.popToMark()
        return
      case op.EMPTY_LIST:
      case op.EMPTY_TUPLE:
        return this.#stack.push([])
      case op.TUPLE:
        return this.#stack.push(this.#stack.popToMark())
      case op.TUPLE1:
        return this.#stack.push(this.#stack.popMany(1))
      case op.TUPLE2:
        return this.#stack.push(this.#stack.popMany(2))
      case op.TUPLE3:
        return this.#stack.push(this.#stack.popMany(3))
      case op.EMPTY_DICT:
        this.spend(tableCost)
        return this.#stack.push(new Map())
      case op.EMPTY_SET:
        this.spend(tableCost)
        return this.#stack.push(new Set())
      case op.FROZENSET:
        this.spend(tableCost)
        return this.#stack.push(new Set(this.#stack.popToMark()))
      case op.APPEND:
        return this.#append(this.#stack.popMany(1))
      case op.APPENDS:
        return this.#append(this.#stack.popToMark())
      case op.SETITEM:
        return this.#setItems(this.#stack.popMany(2))
      case op.SETITEMS:
        return this.#setItems(this.#stack.popToMark())
      case op.ADDITEMS:
        return this.#addItems(this.#stack.popToMark())
      case op.BINPUT:
        return this.#remember(input.uint8())
      case op.LONG_BINPUT:
        return this.#remember(input.uint32())
      case op.MEMOIZE:
        return this.#remember(this.#memo.length)
      case op.BINGET:
        return this.#recall(input.uint8())
      case op.LONG_BINGET:
        return this.#recall(input.uint32())
      case op.GLOBAL:
        return this.#pushGlobal(input.line(), input.line())
      case op.STACK_GLOBAL: {
        const [module, name] = this.#stack.popMany(2)
        if (typeof module !== 'string' || typeof name !== 'string')
          throw this.refuse('requests a name that is not a string')
        return this.#pushGlobal(module, name)
      }
      case op.BINPERSID:
        return this.#stack.push(this.#environment.persistent(this.#stack.pop()))
      case op.REDUCE:
      case op.NEWOBJ: {
        const [target, args] = this.#stack.popMany(2)
        return this.#call(target, args)
      }
      case op.NEWOBJ_EX: {
        const [target, args, named] = this.#stack.popMany(3)
        if (!(named instanceof Map) || named.size > 0) throw this.refuse(`calls ${kindOf(target)} with named arguments`)
        return this.#call(target, args)
      }
      case op.BUILD:
        return this.#build()
      default:
        throw this.refuse(
          `uses the pickle opcode ${opcodeName(code)}, which torch.save does not write`,
          executesNothing,
        )
    }
  }

  #remember(index: number): void {
    if (index > maxValues) throw this.#stack.malformed()
    this.#memo[index] = this.#stack.top()
  }

  #recall(index: number): void {
    const value = this.#memo[index]
    if (value === undefined) throw this.refuse(`refers back to a value ${index} that it does not hold`)
    this.#stack.push(value)
  }

  #append(items: readonly PickleValue[]): void {
    const target = this.#stack.top()
    if (!Array.isArray(target)) throw this.refuse(`appends to ${kindOf(target)}`)
    for (const item of items) target.push(item)
  }

  #setItems(items: readonly PickleValue[]): void {
    const target = this.#stack.top()
    if (!(target instanceof Map)) throw this.refuse(`sets an entry of ${kindOf(target)}`)
    if (items.length % 2 !== 0) throw this.#stack.malformed()
    for (let index = 0; index < items.length; index += 2) {
      const key = items[index] ?? null
      if (!isKey(key)) throw this.refuse(`uses ${kindOf(key)} as a key`)
      target.set(key, items[index + 1] ?? null)
    }
  }

  #addItems(items: readonly PickleValue[]): void {
    const target = this.#stack.top()
    if (!(target instanceof Set)) throw this.refuse(`adds to ${kindOf(target)} as if it were a set`)
    for (const item of items) target.add(item)
  }

  #pushGlobal(module: string, name: string): void {
    const fullName = `${module}.${name}`
    const value = this.#environment.globals.get(fullName)
    if (value === undefined)
      throw this.refuse(
        `refers to ${shown(fullName)}, which is not one of the names that weights need`,
        executesNothing,
      )
    this.#stack.push(value)
  }

  #call(target: PickleValue | undefined, args: PickleValue | undefined): void {
    if (!(target instanceof PickleCallable)) throw this.refuse(`calls ${kindOf(target)}`, executesNothing)
    if (!Array.isArray(args)) throw this.refuse(`calls ${target.className} with ${kindOf(args)} instead of arguments`)
    this.spend(tableCost)
    this.#stack.push(target.call(args, this))
  }

  /** The state of a dict is its Python attributes, such as the `_metadata` of a state dict. They are not weights. */
  #build(): void {
    const state = this.#stack.pop()
    const target = this.#stack.top()
    const isTaken = target instanceof Map || (target instanceof PickleObject && target.setState(state))
    if (!isTaken) throw this.refuse(`sets the state of ${kindOf(target)} to ${kindOf(state)}`)
  }
}

/** Python's rule that a key must be immutable. A tuple is an array here and is compared by identity. */
const isKey = (value: PickleValue): boolean => value === null || typeof value !== 'object' || Array.isArray(value)
