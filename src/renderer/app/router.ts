import { createRouter, createWebHistory } from 'vue-router'
import type { RouteRecordRaw } from 'vue-router'

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown in the title of the window. */
    title?: string
  }
}

export const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/datasets' },
  { path: '/datasets', component: () => import('../features/datasets/DatasetsPage.vue'), meta: { title: 'Datasets' } },
  {
    path: '/datasets/:name',
    component: () => import('../features/datasets/DatasetPage.vue'),
    props: true,
    meta: { title: 'Dataset' },
  },
  {
    path: '/pipelines/new',
    component: () => import('../features/pipelines/NewPipelinePage.vue'),
    meta: { title: 'New pipeline' },
  },
  { path: '/runs', component: () => import('../features/runs/RunsPage.vue'), meta: { title: 'Runs' } },
  { path: '/runs/:id', component: () => import('../features/runs/RunPage.vue'), props: true, meta: { title: 'Run' } },
  { path: '/charts', component: () => import('../features/overview/ChartsPage.vue'), meta: { title: 'Charts' } },
  { path: '/compare', component: () => import('../features/compare/ComparePage.vue'), meta: { title: 'Compare' } },
  {
    path: '/checkpoints',
    component: () => import('../features/checkpoints/CheckpointsPage.vue'),
    meta: { title: 'Checkpoints' },
  },
  { path: '/trash', component: () => import('../features/trash/TrashPage.vue'), meta: { title: 'Trash' } },
  { path: '/settings', component: () => import('../features/settings/SettingsPage.vue'), meta: { title: 'Settings' } },
  {
    path: '/:rest(.*)*',
    component: () => import('./NotFoundPage.vue'),
    meta: { title: 'Not found' },
  },
]

export const router = createRouter({ history: createWebHistory(), routes })

router.afterEach((to) => {
  document.title = to.meta.title === undefined ? 'MVD Studio' : `${to.meta.title} · MVD Studio`
})
