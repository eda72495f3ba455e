import type { Colour } from '#contract/domain/organization.ts'

/** Shades of the colours with which runs are marked; at least 3:1 against the ground of both themes. */
export const shades: Readonly<Record<Colour, string>> = {
  red: '#dc2626',
  orange: '#d9590b',
  yellow: '#a16f07',
  green: '#15904a',
  teal: '#0d8f86',
  blue: '#3478f0',
  purple: '#9355ea',
  pink: '#db3f8c',
  grey: '#7a8699',
}
