import { describe, expect, it } from 'vitest'
import { brokenFile, fuzz } from './fuzz.ts'
import { formats } from './samples.ts'

const all = await formats()

describe.each(all)('broken files: $name', (format) => {
  it('are read or refused, nothing else', async () => {
    const files = 600
    const { read, refused, faults } = await fuzz(format, { seed: 1, first: 0, files })
    expect(faults).toEqual([])
    expect(read + refused).toBe(files)
    // Were all of them read, they would not be broken; were none, they would not be close to a good file.
    expect(Math.min(read, refused)).toBeGreaterThan(0)
  })

  it('are the same for the same seed', () => {
    expect(brokenFile(format, 1, 7)).toEqual(brokenFile(format, 1, 7))
    expect(brokenFile(format, 2, 7)).not.toEqual(brokenFile(format, 1, 7))
  })
})
