export interface Size {
  readonly width: number
  readonly height: number
}

/** A rectangle in pixels of a decoded frame. It may lie between pixels. */
export interface Box extends Size {
  readonly x: number
  readonly y: number
}

/** Size at which a video is decoded: the short side at most `shortSide`, the proportions kept, never enlarged. */
export function decodedSize({ width, height }: Size, shortSide: number): Size {
  const short = Math.min(width, height)
  if (short <= shortSide) return { width, height }
  const scaled = (side: number) => (side === short ? shortSide : Math.round((side * shortSide) / short))
  return { width: scaled(width), height: scaled(height) }
}
