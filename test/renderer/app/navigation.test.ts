import { expect, test } from 'vitest'
import { isWithin, pages } from '#renderer/app/navigation.ts'

test.each([
  ['/datasets', 'Datasets'],
  ['/datasets/bed-falls', 'Datasets'],
  ['/runs/a.distill', 'Runs'],
  ['/runsheet', undefined],
  ['/pipelines/new', 'New pipeline'],
])('the page of %s is %s', (path, label) => expect(pages.find((page) => isWithin(path, page.to))?.label).toBe(label))
