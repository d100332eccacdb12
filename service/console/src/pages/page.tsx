// Which page an address shows. Pages of one endpoint are made anew for another one, so that nothing of the first stays.
import { useEffect } from 'preact/hooks';
import { Empty } from '../parts/empty';
import { session } from '../state/session';
import { useStore } from '../state/store';
import type { PageName, Route } from '../state/router';
import { DeadLetters } from './dead-letters';
import { EndpointPage } from './endpoint';
import { EndpointEditor } from './endpoint-editor';
import { Endpoints } from './endpoints';
import { Items } from './items';
import { Jobs } from './jobs';
import { LivePage } from './live';
import { OverviewPage } from './overview';
import { Settings } from './settings';
import { Windows } from './windows';

const titles: Record<PageName, string> = {
  overview: 'Overview', endpoints: 'Endpoints', endpoint: 'Endpoint', 'dead-letters': 'Dead letters', windows: 'Windows',
  items: 'Items', jobs: 'Jobs', live: 'Live', settings: 'Settings', unknown: 'Not found',
};

function pageOf({ page, id, query }: Route, may: { manage: boolean; fleet: boolean }) {
  switch (page) {
    case 'overview': return <OverviewPage />;
    case 'endpoints': return query['form'] === 'new' && may.manage ? <EndpointEditor key="new" /> : <Endpoints query={query} />;
    case 'endpoint': return query['form'] === 'edit' && may.manage ? <EndpointEditor key={id} id={id} /> : <EndpointPage key={id} id={id} query={query} />;
    case 'dead-letters': return <DeadLetters query={query} />;
    case 'windows': return <Windows query={query} />;
    case 'items': return <Items query={query} />;
    case 'jobs': return <Jobs />;
    case 'live': return <LivePage query={query} />;
    case 'settings': if (may.fleet) return <Settings query={query} />;
  }
  return (
    <>
      <h1>There is no such page</h1>
      <p><a href="#/">Go to the overview</a></p>
    </>
  );
}

export function Page({ route }: { route: Route }) {
  const { can } = useStore(session);
  useEffect(() => {
    document.title = `${titles[route.page]} · Lull`;
  }, [route.page]);
  if (!can.view) {
    return (
      <>
        <h1>Nothing to see with this credential</h1>
        <Empty title="Your roles do not allow to look at endpoints.">
          <p>Ask for <code>Integration_Endpoints_View</code>, or for <code>Integration_Endpoints_Own</code> to register endpoints of your own.</p>
        </Empty>
      </>
    );
  }
  return pageOf(route, can);
}
