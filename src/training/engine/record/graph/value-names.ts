import type { Value } from './graph.ts'

/** What values are called in a file. A node's result that is an output carries the output's name, so that nothing is copied at the end. */
export class ValueNames {
  readonly #own = new Map<Value, string>()
  /** Outputs that need a copy: inputs and constants handed through, and values that are an output twice. */
  readonly copies: readonly (readonly [Value, string])[]

  /** `nameOf` may give some of the `leaves` a name of their own; one that is taken is passed over. */
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
