// The entry of the bundle: the styles, and the page itself.
import { render } from 'preact';
import './styles/index.css';

function App() {
  return <main><h1>Lull</h1></main>;
}

const root = document.getElementById('app');
if (root) render(<App />, root);
