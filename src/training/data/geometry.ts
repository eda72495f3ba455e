/** Width and height in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** A rectangle in pixels; its corners may be fractions of a pixel. */
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

/** Short side at which a video is decoded for crops of `imageSize` pixels: 320 for 224, as the published data was prepared. */
export function decodedShortSide(imageSize: number): number {
  return Math.round((imageSize * 320) / 224)
}
