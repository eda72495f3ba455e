import type { CSSProperties } from 'vue'

/** Frames side by side in one picture. */
export interface FrameStrip {
  /** Of an object; `URL.revokeObjectURL` releases it. */
  readonly url: string
  readonly count: number
  /** Width of a frame by its height. */
  readonly ratio: number
}

/** The strip of an answer of the studio: WebP in Base64, with the size of one frame. */
export function openStrip(
  { webp, width, height }: { readonly webp: string; readonly width: number; readonly height: number },
  count: number,
): FrameStrip {
  const bytes = Uint8Array.from(atob(webp), (character) => character.charCodeAt(0))
  return { url: URL.createObjectURL(new Blob([bytes], { type: 'image/webp' })), count, ratio: width / height }
}

/** One frame of a strip as a background. */
export const frameStyle = ({ url, count, ratio }: FrameStrip, index: number): CSSProperties => ({
  aspectRatio: ratio,
  backgroundImage: `url(${url})`,
  backgroundSize: `${count * 100}% 100%`,
  backgroundPosition: `${count === 1 ? 0 : (index / (count - 1)) * 100}% 0`,
})
