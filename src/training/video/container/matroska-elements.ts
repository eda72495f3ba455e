import { readElement } from './matroska.ts'
import { requirePlain, type Source } from './source.ts'

/** Where the content of an element is. */
export interface Extent {
  readonly start: number
  readonly end: number
}

/** @throws NotPlain if there is none, or its size is unknown */
export function elementAt(source: Source, position: number): Extent & { readonly id: number } {
  const element = readElement(source, position)
  requirePlain(element?.size !== undefined)
  return { id: element.id, start: element.dataStart, end: element.dataStart + element.size }
}

/** The longest sizes of the elements that are known, by their identifiers. */
type KnownElements = ReadonlyMap<number, number>

const longestNumber = 8
/** Padding and checksums are everywhere. */
const anywhere = [0xec, 0xbf]

/** @param others texts and elements that have others in them */
export function knownElements(numbers: readonly number[], others: readonly number[] = []): KnownElements {
  return new Map([
    ...numbers.map((id) => [id, longestNumber] as const),
    ...[...others, ...anywhere].map((id) => [id, Infinity] as const),
  ])
}

/** The elements in an element of a Matroska file, by their identifiers (RFC 8794). */
export class Elements {
  readonly #source: Source
  readonly #elements = new Map<number, Extent[]>()

  /** @throws NotPlain if their sizes are unknown or do not add up, or there is an element that is not known */
  constructor(source: Source, { start, end }: Extent, known?: KnownElements) {
    this.#source = source
    for (let position = start; position < end;) {
      const element = elementAt(source, position)
      requireKnown(element, end, known)
      const others = this.#elements.get(element.id)
      if (others === undefined) this.#elements.set(element.id, [element])
      else others.push(element)
      position = element.end
    }
  }

  all(id: number): readonly Extent[] {
    return this.#elements.get(id) ?? []
  }

  /** @throws NotPlain unless there is exactly one */
  one(id: number): Extent {
    const [element, ...others] = this.all(id)
    requirePlain(element !== undefined && others.length === 0)
    return element
  }

  /** @throws NotPlain unless there is exactly one, of 1 to 6 bytes */
  number(id: number): number {
    return numberOf(this.#source, this.one(id))
  }

  /** @throws NotPlain unless there is exactly one */
  text(id: number): string {
    const { start, end } = this.one(id)
    return this.#source.read(start, end - start).toString('latin1')
  }
}

/** @throws NotPlain if an element is not known, or too long for what it is or for its place */
export function requireKnown(element: Extent & { readonly id: number }, end: number, known?: KnownElements): void {
  const longest = known === undefined ? Infinity : (known.get(element.id) ?? -1)
  requirePlain(element.end <= end && element.end - element.start <= longest)
}

/** @throws NotPlain if it has more than 6 bytes, or none */
export function numberOf(source: Source, { start, end }: Extent): number {
  requirePlain(end > start && end - start <= 6)
  return source.read(start, end - start).readUIntBE(0, end - start)
}
