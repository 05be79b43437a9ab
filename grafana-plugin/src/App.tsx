/** Pages by address, and what they share: one query client, one place for messages. */
import { QueryClientProvider } from '@tanstack/react-query';
import { LoadingPlaceholder } from '@grafana/ui';
import { lazy, Suspense, type ReactElement } from 'react';
import { Navigate, Route, Routes } from 'react-router-dom';
import { queryClient } from './api/query-client';
import { Needs } from './parts/Needs';
import { routes, type Permission } from './routes';

const ReviewPage = lazy(() => import(/* webpackChunkName: "review" */ './review/ReviewPage'));
const BatchPage = lazy(() => import(/* webpackChunkName: "batch" */ './review/BatchPage'));
const InspectionsPage = lazy(() => import(/* webpackChunkName: "inspections" */ './inspections/InspectionsPage'));
const InspectionPage = lazy(() => import(/* webpackChunkName: "inspection" */ './inspections/InspectionPage'));
const LoopPage = lazy(() => import(/* webpackChunkName: "loop" */ './loop/LoopPage'));
const AuditPage = lazy(() => import(/* webpackChunkName: "audit" */ './audit/AuditPage'));
const ResponsePage = lazy(() => import(/* webpackChunkName: "response" */ './response/ResponsePage'));

const forWhom = (permission: Permission, page: ReactElement) => <Needs permission={permission}>{page}</Needs>;

export default function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Suspense fallback={<LoadingPlaceholder text="" />}>
        <Routes>
          <Route path="review/:decisionId?" element={forWhom('read', <ReviewPage />)} />
          <Route path="batch/:decisionId" element={forWhom('decide', <BatchPage />)} />
          <Route path="audit" element={forWhom('audit', <AuditPage />)} />
          <Route path="inspections" element={forWhom('audit', <InspectionsPage />)} />
          <Route path="inspections/:inspectionId" element={forWhom('audit', <InspectionPage />)} />
          <Route path="loop" element={forWhom('read', <LoopPage />)} />
          <Route path="response" element={forWhom('read', <ResponsePage />)} />
          <Route path="*" element={<Navigate to={routes.review()} replace />} />
        </Routes>
      </Suspense>
    </QueryClientProvider>
  );
}
