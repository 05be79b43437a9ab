/** Pages by address, and what they share: one query client, one place for messages. */
import { QueryClientProvider } from '@tanstack/react-query';
import { LoadingPlaceholder } from '@grafana/ui';
import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router-dom';
import { queryClient } from './api/query-client';
import { routes } from './routes';

const ReviewPage = lazy(() => import(/* webpackChunkName: "review" */ './review/ReviewPage'));
const BatchPage = lazy(() => import(/* webpackChunkName: "batch" */ './review/BatchPage'));
const InspectionsPage = lazy(() => import(/* webpackChunkName: "inspections" */ './inspections/InspectionsPage'));
const InspectionPage = lazy(() => import(/* webpackChunkName: "inspection" */ './inspections/InspectionPage'));
const LoopPage = lazy(() => import(/* webpackChunkName: "loop" */ './loop/LoopPage'));
const AuditPage = lazy(() => import(/* webpackChunkName: "audit" */ './audit/AuditPage'));
const ResponsePage = lazy(() => import(/* webpackChunkName: "response" */ './response/ResponsePage'));

export default function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Suspense fallback={<LoadingPlaceholder text="" />}>
        <Routes>
          <Route path="review/:decisionId?" element={<ReviewPage />} />
          <Route path="batch/:decisionId" element={<BatchPage />} />
          <Route path="audit" element={<AuditPage />} />
          <Route path="inspections" element={<InspectionsPage />} />
          <Route path="inspections/:inspectionId" element={<InspectionPage />} />
          <Route path="loop" element={<LoopPage />} />
          <Route path="response" element={<ResponsePage />} />
          <Route path="*" element={<Navigate to={routes.review()} replace />} />
        </Routes>
      </Suspense>
    </QueryClientProvider>
  );
}
