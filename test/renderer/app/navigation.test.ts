import { expect, test } from 'vitest'
import { isWithin, pages } from '#renderer/app/navigation.ts'

test.each([
  ['/datasets', 'app.pages.datasets'],
  ['/datasets/bed-falls', 'app.pages.datasets'],
  ['/runs/a.distill', 'app.pages.runs'],
  ['/experiments/launch/teachers', 'app.pages.experiments'],
  ['/runsheet', undefined],
  ['/pipelines/new', 'app.pages.newPipeline'],
])('the page of %s is %s', (path, label) => expect(pages.find((page) => isWithin(path, page.to))?.label).toBe(label))
