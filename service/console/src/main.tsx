// The entry of the bundle: the styles, then the page itself, as soon as it is known who is looking.
import { render } from 'preact';
import { Gate } from './signin/gate';
import { startRouter } from './state/router';
import { startTheme } from './state/theme';
import './styles/index.css';

startTheme();
startRouter();
const root = document.getElementById('app');
if (root) render(<Gate />, root);
