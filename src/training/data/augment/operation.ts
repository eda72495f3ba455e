/** Source of a pixel of the result: x' = a·x + b·y + c, y' = d·x + e·y + f, in pixels from the upper left corner. */
export type AffineMatrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** One change of a clip's colours or geometry, the same for all its frames. Plain data, because workers apply it. */
export type ClipOperation =
  /** Stretches each channel of a frame to 0..255. */
  | { readonly kind: 'auto-contrast' }
  /** Equalizes the histogram of each channel of a frame. */
  | { readonly kind: 'equalize' }
  | { readonly kind: 'invert' }
  /** Keeps the upper `bits` bits of each value. */
  | { readonly kind: 'posterize'; readonly bits: number }
  /** Inverts the values from `threshold` on. */
  | { readonly kind: 'solarize'; readonly threshold: number }
  /** Adds to the values below 128. */
  | { readonly kind: 'solarize-add'; readonly amount: number }
  /** Moves a frame away from (factor above 1) or towards (below 1) its grey version, its mean grey, black, or a smoothed version. */
  | { readonly kind: 'color' | 'contrast' | 'brightness' | 'sharpness'; readonly factor: number }
  /** Rotates, shears or translates; pixels from outside are grey. */
  | { readonly kind: 'affine'; readonly matrix: AffineMatrix }
