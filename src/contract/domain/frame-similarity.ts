/**
 * Mean cosine by distance in time: element d is the mean of `similarity[i][j]` over |i - j| = d, so the first is 1 but for rounding.
 * An encoder that represents motion falls faster than one that represents appearance alone.
 *
 * @param similarity cosine between the mean features of each two tubelets of a clip [T', T'], as in a probe's `frameSimilarity`
 * @returns [T'], in tubelets; empty if nothing was compared
 * @throws Error if the matrix is not square, or a cosine is NaN or infinite
 */
export function similarityByDistance(similarity: readonly (readonly number[])[]): number[] {
  const size = similarity.length
  const sums = Array.from({ length: size }, () => 0)
  similarity.forEach((row, i) => {
    if (row.length !== size)
      throw new Error(`The frame similarity has ${size} rows, and ${row.length} columns in row ${i + 1}.`)
    row.forEach((cosine, j) => {
      if (!Number.isFinite(cosine))
        throw new Error(`The frame similarity of tubelets ${i + 1} and ${j + 1} is ${cosine}.`)
      const distance = Math.abs(i - j)
      sums[distance] = (sums[distance] ?? 0) + cosine
    })
  })
  // The diagonal is there once, every other distance on both sides of it.
  return sums.map((sum, distance) => sum / (distance === 0 ? size : 2 * (size - distance)))
}
