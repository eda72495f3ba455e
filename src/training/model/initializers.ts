/** Random numbers for initialisation: uniform in [0, 1) and standard normal. */
export interface Random {
  uniform(): number
  normal(): number
}

/** The value of one element; `index` is its position in row-major order. */
export type Initializer = (random: Random, index: number) => number

export const zeros: Initializer = () => 0
export const ones: Initializer = () => 1

/** Uniform in [-bound, bound). */
export const uniform =
  (bound: number): Initializer =>
  (random) =>
    (2 * random.uniform() - 1) * bound

/** Glorot & Bengio 2010, for a matrix [output, input]. */
export const xavierUniform = (output: number, input: number): Initializer => uniform(Math.sqrt(6 / (output + input)))

/** PyTorch's default for the weight and the bias of a convolution: uniform with bound 1 / sqrt(fan-in). */
export const convolutionUniform = (fanIn: number): Initializer => uniform(1 / Math.sqrt(fanIn))

export const normal =
  (deviation: number): Initializer =>
  (random) =>
    deviation * random.normal()

/** Normal with everything beyond one deviation drawn again, as for the mask tokens of MVD and VideoMAE. */
export const truncatedNormal =
  (deviation: number): Initializer =>
  (random) => {
    for (;;) {
      const value = random.normal()
      if (Math.abs(value) <= 1) return deviation * value
    }
  }
