import type { Theme } from '#contract/charts/palette.ts'

/** Colours of what is not data in charts over runs. */
export interface ChartColours {
  readonly theme: Theme
  readonly text: string
  /** Titles of axes, and values in a chart. */
  readonly strongText: string
  readonly line: string
  readonly grid: string
  readonly surface: string
}

const colours: { readonly [T in Theme]: ChartColours } = {
  light: {
    theme: 'light',
    text: '#57606f',
    strongText: '#1f2733',
    line: '#cfd5dd',
    grid: '#e8ebf0',
    surface: '#ffffff',
  },
  dark: {
    theme: 'dark',
    text: '#9aa5b5',
    strongText: '#e6ebf2',
    line: '#39434f',
    grid: '#232b38',
    surface: '#0f172b',
  },
}

export const chartColours = (isDark: boolean): ChartColours => colours[isDark ? 'dark' : 'light']

/** Font of text in charts, in pixels. */
export const chartFont = { fontFamily: 'system-ui, sans-serif', fontSize: 11, lineHeight: 14 } as const
