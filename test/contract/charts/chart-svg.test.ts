import { describe, expect, it } from 'vitest'
import { type Figure, figureSvg } from '#contract/charts/chart-svg.ts'
import { linearTicks } from '#contract/charts/scales.ts'

const figure: Figure = {
  title: 'Loss <a & b>',
  lines: [
    { label: 'first', colour: '#0072b2', dash: [8, 4], xs: [0, 10, 20, 30], ys: [1, 2, null, 4] },
    {
      colour: '#c04f00',
      xs: [0, 30],
      ys: [3, 3],
      marks: [
        { x: 10, value: 'NaN' },
        { x: 20, value: 'Infinity' },
      ],
    },
  ],
  bands: [{ colour: '#0072b2', xs: [0, 10], low: [0.5, 1.5], high: [1.5, 2.5] }],
  x: { label: 'Step' },
  y: { label: 'Loss' },
  theme: 'light',
  width: 600,
  height: 400,
}

describe('a figure as SVG', () => {
  it('has title, axes, lines, a band, marks and a legend of the labelled lines', () => {
    const svg = figureSvg(figure)
    expect(svg).toContain('Loss &lt;a &amp; b&gt;')
    expect(svg).toContain('>Step<')
    expect(svg).toContain('stroke-dasharray="8 4"')
    expect(svg).toContain('fill-opacity="0.16"')
    expect(svg.match(/>first</g)).toHaveLength(1)
    expect(svg).toContain('l8 8m0-8l-8 8')
    expect(svg).toContain('l4 8h-8Z')
    expect(svg).not.toContain('NaN ')
  })
  it('interrupts a line at a gap', () => {
    const path = /<path d="([^"]+)" stroke="#0072b2" stroke-width="1.5"/.exec(figureSvg(figure))?.[1] ?? ''
    expect(path.match(/M/g)).toHaveLength(2)
    expect(path.match(/L/g)).toHaveLength(1)
  })
  it('leaves out of logarithmic axes what they cannot show', () => {
    const svg = figureSvg({
      ...figure,
      bands: [],
      x: { label: '', isLogarithmic: true },
      y: { label: '', isLogarithmic: true },
    })
    expect(svg).not.toMatch(/[ML]NaN|Infinity/)
  })
  it('shows an empty figure', () => expect(figureSvg({ ...figure, lines: [], bands: [] })).toContain('</svg>'))
})

it.each([
  { min: 0, max: 100, count: 5, expected: [0, 20, 40, 60, 80, 100] },
  { min: 0.12, max: 0.31, count: 4, expected: [0.15, 0.2, 0.25, 0.3] },
  { min: 3, max: 3, count: 4, expected: [3] },
])('about $count ticks from $min to $max are $expected', ({ min, max, count, expected }) =>
  expect(linearTicks(min, max, count)).toEqual(expected),
)
