/** How often cards that other programs use are looked at again while a run waits for them. */
const lookAgainMs = 10_000

/** The runs that wait for cards. The studio does not see when other programs leave a card, so it looks again while a run waits. */
export class CardWaits {
  readonly #onChange: (id: string) => void
  readonly #lookAgain: () => void
  #reasons: ReadonlyMap<string, string> = new Map()
  #timer: NodeJS.Timeout | undefined

  constructor(onChange: (id: string) => void, lookAgain: () => void) {
    this.#onChange = onChange
    this.#lookAgain = lookAgain
  }

  /** Why a run waits, as a sentence; undefined if it does not wait for cards. */
  reasonOf(id: string): string | undefined {
    return this.#reasons.get(id)
  }

  /** Replaces the waiting runs and announces those whose reason is another one. */
  set(reasons: ReadonlyMap<string, string>): void {
    const before = this.#reasons
    this.#reasons = reasons
    for (const id of new Set([...before.keys(), ...reasons.keys()]))
      if (before.get(id) !== reasons.get(id)) this.#onChange(id)
    clearTimeout(this.#timer)
    if (reasons.size > 0) this.#timer = setTimeout(this.#lookAgain, lookAgainMs).unref()
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}
