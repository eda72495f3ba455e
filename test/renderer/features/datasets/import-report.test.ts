// @vitest-environment happy-dom
import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, test } from 'vitest'
import { h } from 'vue'
import DatasetPage from '#renderer/features/datasets/DatasetPage.vue'
import { importSummary } from '#renderer/features/datasets/import-summary.ts'
import ImportReportPanel from '#renderer/features/datasets/ImportReportPanel.vue'
import { showPage } from '../../support/fake-app.ts'
import { emptyReport, falls } from '../../support/fake-data.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

test('the page of a dataset shows what its import took, left out and warned of', async () => {
  const { page } = await showPage(
    { render: () => h(DatasetPage, { name: falls.name }) },
    createFakeStudio({ tickMs: 0 }),
    `/datasets/${falls.name}`,
  )
  await flushPromises()
  const text = page.text()
  expect(text).toContain('Read as one folder per class.')
  expect(text).toContain('1 video is in more than one split')
  expect(text).toContain('fall/a.mp4 and fall/b.mp4')
  expect(text).toContain('7 files with the ending .txt: not a video format')
  expect(text).toContain('1 link: not followed')
  expect(text).toContain('import the folder again with the switch “Follow links”')
  page.unmount()
})

const textWith = (brokenCount: number) =>
  mount(ImportReportPanel, { props: { report: emptyReport, brokenCount } }).text()

describe('the report', () => {
  test('names file, encoding and delimiter of a list of labels', () =>
    expect(
      mount(ImportReportPanel, {
        props: {
          brokenCount: 0,
          report: {
            ...emptyReport,
            source: { format: 'labels-csv', file: 'labels.csv', encoding: 'windows-1252', delimiter: ';' },
          },
        },
      }).text(),
    ).toContain('Labels and splits were read from labels.csv: windows-1252, separated by semicolons.'))

  test('does not say that nothing was left out if files cannot be used', () => {
    expect(textWith(0)).toContain('Nothing was left out.')
    expect(textWith(3)).toContain('Nothing was left out except the files that cannot be used, which are listed below.')
  })

  test('is one sentence in the notification after an import', () => {
    expect(importSummary(falls, falls.report ?? emptyReport)).toBe(
      '86 videos, 3 files that cannot be used, 8 other files left out, 1 warning.',
    )
    expect(importSummary({ videoCount: 1, brokenCount: 0 }, emptyReport)).toBe('1 video.')
  })
})
