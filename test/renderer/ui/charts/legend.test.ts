// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, test, vi } from 'vitest'
import type { CurveReading } from '#renderer/ui/charts/curve.ts'
import CurveLegend from '#renderer/ui/charts/CurveLegend.vue'

const reading = (index: number, value: number): CurveReading => ({
  curve: {
    id: `run-${index}`,
    label: `run ${index}`,
    style: index,
    series: {
      runId: `run-${index}`,
      name: 'train/loss',
      width: 1,
      start: [],
      first: [],
      last: [],
      min: [],
      max: [],
      lastStep: 9,
    },
  },
  step: 7,
  value,
  smoothed: undefined,
})
const legend = (count: number) =>
  mount(CurveLegend, {
    props: {
      name: 'train/loss',
      readings: Array.from({ length: count }, (_, index) => reading(index, 1)),
      isHovered: true,
      isSmoothed: false,
      showsAll: false,
    },
  })

test('a legend of many runs lists six until all are wanted', async () => {
  const shown = legend(20)
  expect(shown.findAll('tbody tr')).toHaveLength(6)
  const toggle = shown.get('button')
  expect(toggle.text()).toBe('Show all 20 runs')
  await toggle.trigger('click')
  expect(shown.emitted('update:showsAll')).toEqual([[true]])
  await shown.setProps({ showsAll: true })
  expect(shown.findAll('tbody tr')).toHaveLength(20)
})

test('of a cursor move only the changed values are written', async () => {
  const shown = legend(5)
  const changed = new Set<string | null>()
  const observer = new MutationObserver((records) => {
    for (const { target } of records) changed.add(target.textContent)
  })
  observer.observe(shown.element, { subtree: true, childList: true, characterData: true })
  await shown.setProps({ readings: Array.from({ length: 5 }, (_, index) => reading(index, index === 3 ? 2 : 1)) })
  await vi.waitFor(() => expect(changed.size).toBeGreaterThan(0))
  observer.disconnect()
  expect([...changed]).toEqual(['2'])
})
