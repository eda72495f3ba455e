/**
 * Number of classes that rank above `label`; 0 if it is the predicted class. Ties count against the model: a class with the same score
 * ranks above.
 * @throws Error if `label` has no score, or if a score is NaN or infinite: no comparison with NaN is true, so every rank would be 0.
 */
export function rankOf(scores: ArrayLike<number>, label: number): number {
  const score = scores[label]
  if (score === undefined) throw new Error(`There is no score of the class ${label} among ${scores.length}.`)
  let above = 0
  for (let other = 0; other < scores.length; other++) {
    const value = scores[other] ?? Number.NaN
    if (!Number.isFinite(value)) throw new Error(`The score of the class ${other} is ${value}.`)
    if (other !== label && value >= score) above += 1
  }
  return above
}
