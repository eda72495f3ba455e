// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, test, vi } from 'vitest'
import CheckpointsPage from '#renderer/features/checkpoints/CheckpointsPage.vue'
import { probeGroups } from '#renderer/features/probes/groups.ts'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { fakeProbes } from '../../support/fake-probes.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

/** Long enough for a machine that is busy with other things. */
const soon = { timeout: 20_000 }

let shown: ShownPage
afterEach(() => shown?.page.unmount())

const form = () => shown.page.get('form[aria-label="Probe"]')
/** Address of the newest checkpoint of a run. */
function pageOf(runId: string): string {
  const [newest] = createFakeStudio({ tickMs: 0 })
    .world.runs.get(runId)!
    .checkpoints.toSorted((a, b) => b.step - a.step)
  return `/checkpoints?id=${newest!.id}`
}
const rowsOf = (label: string) =>
  shown.page.findAll(`section[aria-label="${label}"] tbody tr`).map((row) =>
    row
      .findAll('th, td')
      .slice(0, 10)
      .map((cell) => cell.text()),
  )
const click = (text: string) =>
  [...document.querySelectorAll<HTMLElement>('button')]
    .find((candidate) => candidate.textContent?.trim() === text)!
    .click()

describe('groups of probes', () => {
  test('contain probes on the same videos, best first', () => {
    const groups = probeGroups(fakeProbes())
    expect(
      groups.map(({ dataset, labels, chance, records }) => ({
        dataset,
        labels,
        chance,
        models: records.map(({ model }) => model),
      })),
    ).toEqual([
      { dataset: 'shapes', labels: 'appearance', chance: 1 / 8, models: ['shapes-demo-distill@420'] },
      {
        dataset: 'shapes',
        labels: 'motion',
        chance: 1 / 8,
        models: ['shapes-demo-distill@420', 'shapes-demo-video-teacher@420', 'shapes-demo-image-teacher@240'],
      },
    ])
  })

  test('differ if the dataset was imported again with other files; the newest of equals comes first', () => {
    const [first] = fakeProbes()
    const again = { ...first!, id: 'again', createdAt: new Date(Date.parse(first!.createdAt) + 1000).toISOString() }
    const other = { ...first!, id: 'other', dataset: { ...first!.dataset, digest: 'f' } }
    expect(probeGroups([first!, again, other]).map(({ records }) => records.map(({ id }) => id))).toEqual([
      ['again', first!.id],
      ['other'],
    ])
  })
})

test('the list of checkpoints compares probes on the same videos', async () => {
  shown = await showPage(CheckpointsPage, createFakeStudio({ tickMs: 0 }), '/checkpoints')
  await vi.waitFor(() => expect(rowsOf('Probes on shapes, motion')).toHaveLength(3), soon)
  expect(rowsOf('Probes on shapes, motion')).toEqual([
    ['shapes-demo-distill@420', '14', '51.2 %', '90.0 %', '62.5 %', '96.3 %', '71.3 %', '97.5 %', '12.5 %', '88'],
    // Of an earlier version.
    ['shapes-demo-video-teacher@420', '–', '51.2 %', '90.0 %', '55.0 %', '93.8 %', '–', '–', '12.5 %', '88'],
    ['shapes-demo-image-teacher@240', '14', '15.0 %', '66.3 %', '–', '–', '–', '–', '12.5 %', '88'],
  ])
})

test('a checkpoint is probed on its page, which then shows the similarity of tubelets', async () => {
  shown = await showPage(
    CheckpointsPage,
    createFakeStudio({ tickMs: 0, pauseMs: 5 }),
    pageOf('falls-tiny-image-teacher'),
  )
  await vi.waitFor(() => expect(shown.page.text()).toContain('No probes yet.'), soon)
  click('New probe')
  await flushPromises()
  // The dataset of the run and its only label set are selected.
  expect(form().text()).toMatch(
    /bed-falls \(86 videos\).*folders \(4 classes\).*Nearest neighbours.*Linear probe.*Attentive probe/,
  )
  await form().trigger('submit')
  await vi.waitFor(() => expect(shown.page.text()).toMatch(/bed-falls\s*folders, 4 classes/), soon)
  expect(shown.page.find('form[aria-label="Probe"]').exists()).toBe(false)
  expect(shown.page.get('[role="img"][aria-label^="Similarity"]').attributes('aria-label')).toBe(
    'Similarity of 8 tubelets, from 0.62 to 1',
  )
})

test('a probe can be cancelled and keeps the form', async () => {
  shown = await showPage(
    CheckpointsPage,
    createFakeStudio({ tickMs: 0, pauseMs: 60_000 }),
    pageOf('falls-tiny-image-teacher'),
  )
  await vi.waitFor(() => expect(shown.page.text()).toContain('No probes yet.'), soon)
  click('New probe')
  await flushPromises()
  await form().trigger('submit')
  await vi.waitFor(() => expect(form().text()).toContain('Computing features: 0 of 80'), soon)
  click('Cancel')
  await vi.waitFor(() => expect(form().find('button[type="submit"]').exists()).toBe(true), soon)
  expect(form().text()).toContain('bed-falls (86 videos)')
  expect(shown.page.find('[role="alert"]').exists()).toBe(false)
})

test('a dataset with two label sets requires a choice', async () => {
  shown = await showPage(CheckpointsPage, createFakeStudio({ tickMs: 0 }), pageOf('shapes-scratch-finetune'))
  await vi.waitFor(() => expect(shown.page.text()).toContain('No probes yet.'), soon)
  click('New probe')
  await flushPromises()
  expect(form().text()).toContain('shapes (480 videos)')
  expect(form().get('button[type="submit"]').attributes('disabled')).toBeDefined()
})

test('a failed probe shows the error', async () => {
  shown = await showPage(
    CheckpointsPage,
    createFakeStudio({ tickMs: 0, pauseMs: 5 }),
    pageOf('falls-base-video-teacher'),
  )
  await vi.waitFor(() => expect(shown.page.text()).toContain('No probes yet.'), soon)
  click('New probe')
  await flushPromises()
  await form().trigger('submit')
  await vi.waitFor(() => expect(form().get('[role="alert"]').text()).toContain('its training has diverged'), soon)
})
