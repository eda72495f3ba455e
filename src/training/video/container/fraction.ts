interface Fraction {
  readonly top: number
  readonly bottom: number
}

/**
 * The fraction with terms of at most `most` that is nearest to a ratio of integers up to 10^9, as a number. It is a
 * convergent of the ratio's continued fraction, or lies between two of them (Khinchin, Continued Fractions, sections 2
 * and 6). FFmpeg rounds the frame rates of some formats so.
 */
export function nearestFraction(ratio: Fraction, most: number): number {
  let before: Fraction = { top: 0, bottom: 1 }
  let last: Fraction = { top: 1, bottom: 0 }
  let rest = ratio
  while (rest.bottom > 0) {
    const wanted = Math.floor(rest.top / rest.bottom)
    const count = Math.min(wanted, stepsTo(most, before.top, last.top), stepsTo(most, before.bottom, last.bottom))
    const next = { top: before.top + count * last.top, bottom: before.bottom + count * last.bottom }
    if (count < wanted) return valueOf(isNearer(next, last, ratio) ? next : last)
    before = last
    last = next
    rest = { top: rest.bottom, bottom: rest.top % rest.bottom }
  }
  return valueOf(last)
}

const valueOf = ({ top, bottom }: Fraction): number => top / bottom

/** How many steps may be added to a term. */
const stepsTo = (most: number, term: number, step: number): number =>
  step === 0 ? Infinity : Math.floor((most - term) / step)

const isNearer = (a: Fraction, b: Fraction, ratio: Fraction): boolean =>
  distance(a, ratio) * b.bottom < distance(b, ratio) * a.bottom

/** Distance to a ratio, in parts of both denominators. */
const distance = (a: Fraction, b: Fraction): number => Math.abs(a.top * b.bottom - b.top * a.bottom)
