import type { Value } from './graph.ts'

/** Names of values in a file. A node's result that is an output has the name of the output, so that nothing is copied. */
export class ValueNames {
  readonly #own = new Map<Value, string>()
  /** Outputs that need a copy: inputs, constants, and values that are more than one output. */
  readonly copies: readonly (readonly [Value, string])[]

  /** `nameOf` can name some of the `leaves`; a name that is already used is ignored. */
  constructor(
    outputs: Readonly<Record<string, Value>>,
    leaves: readonly Value[] = [],
    nameOf: (value: Value) => string | undefined = () => undefined,
  ) {
    const copies: (readonly [Value, string])[] = []
    for (const [name, value] of Object.entries(outputs)) {
      if (value.source.kind === 'node' && !this.#own.has(value)) this.#own.set(value, name)
      else copies.push([value, name])
    }
    this.copies = copies
    const taken = new Set(Object.keys(outputs))
    for (const { source } of leaves) if (source.kind === 'input') taken.add(source.name)
    for (const leaf of leaves) {
      const name = leaf.source.kind === 'input' ? undefined : nameOf(leaf)
      if (name === undefined || taken.has(name)) continue
      taken.add(name)
      this.#own.set(leaf, name)
    }
  }

  of(value: Value): string {
    return value.source.kind === 'input' ? value.source.name : (this.#own.get(value) ?? `v${value.id}`)
  }
}
