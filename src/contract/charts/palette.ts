/** Style of a curve: colours and dashes, so that curves are distinguishable without colour vision. */
export interface CurveStyle {
  colour: string
  /** Lengths of line and gap in pixels; empty for a solid line. */
  dash: number[]
}

/** Based on the palette of Okabe and Ito, which is distinct under common kinds of colour blindness; adjusted for contrast. */
const colours = {
  light: ['#0072b2', '#c04f00', '#007f5c', '#b0558a', '#8a6a00', '#2a8fc4', '#4b4b4b'],
  dark: ['#4fb0f0', '#ff8a3d', '#2fc498', '#e79ac6', '#f2c230', '#8fd3ff', '#c8c8c8'],
}
const dashes: number[][] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [14, 4], [3, 6]]

export type Theme = keyof typeof colours

/** Above this number of curves, dashes become a pattern of their own: lines are thin and solid, and one is highlighted. */
export const dashedCurves = 10

/**
 * Style of the curve with this index. Each round through the colours shifts the dashes, so 49 curves differ.
 * @param isSolid true if there are more than `dashedCurves` curves
 */
export function curveStyle(index: number, theme: Theme, isSolid = false): CurveStyle {
  const round = Math.floor(index / colours[theme].length)
  const colour = colours[theme][index % colours[theme].length] ?? '#808080'
  const dash = isSolid ? [] : (dashes[(index + round) % dashes.length] ?? [])
  return { colour, dash }
}

/** A six-digit hexadecimal colour with an opacity from 0 to 1. */
export const fade = (colour: string, opacity: number): string =>
  `${colour}${Math.round(opacity * 255)
    .toString(16)
    .padStart(2, '0')}`
