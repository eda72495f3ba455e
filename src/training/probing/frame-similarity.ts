import { dot, unitRow } from './features.ts'

/**
 * Cosine between the features of each two tubelets of a clip, averaged over clips: high for image encoders, lower for video encoders (the
 * cross-frame similarity of the MVD paper, Wang et al. 2023).
 */
export class FrameSimilarity {
  readonly #frames: number
  readonly #sum: Float64Array
  #clips = 0

  constructor(frames: number) {
    this.#frames = frames
    this.#sum = new Float64Array(frames * frames)
  }

  /** Adds a clip: features [frames, width] in row-major order. */
  add(features: Float64Array): void {
    const width = features.length / this.#frames
    const rows = Array.from({ length: this.#frames }, (_, frame) =>
      unitRow(features.subarray(frame * width, (frame + 1) * width)),
    )
    rows.forEach((a, i) =>
      rows.forEach(
        (b, j) => void (this.#sum[i * this.#frames + j] = (this.#sum[i * this.#frames + j] ?? 0) + dot(a, b)),
      ),
    )
    this.#clips += 1
  }

  /** [frames, frames]; empty if nothing was added. */
  mean(): number[][] {
    if (this.#clips === 0) return []
    return Array.from({ length: this.#frames }, (_, i) =>
      Array.from({ length: this.#frames }, (_, j) => (this.#sum[i * this.#frames + j] ?? 0) / this.#clips),
    )
  }
}
